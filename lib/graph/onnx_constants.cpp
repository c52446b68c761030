#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <cstring>
#include <filesystem>

#include "graph/onnx_draft.hpp"
#include "util/error.hpp"
#include "util/hash.hpp"

namespace convoy::graph::detail {
namespace {

using util::Errc;
using util::Error;
namespace fs = std::filesystem;

void require_size(const std::string& name, const Constant& shape, std::size_t got) {
    const Index expected = shape.elements() * element_size(shape.type);
    if (got == static_cast<std::size_t>(expected)) return;
    throw Error(Errc::data, fmt::format("tensor '{}' has {} bytes of values, but [{}] of {} are {}", name, got,
                                        fmt::join(shape.dims, ", "), to_string(shape.type), expected));
}

template <class Stored, class Values>
std::string converted(const Values& values) {
    std::string bytes(static_cast<std::size_t>(values.size()) * sizeof(Stored), '\0');
    char* to = bytes.data();
    for (const auto value : values) {
        const auto stored = static_cast<Stored>(value);
        std::memcpy(to, &stored, sizeof stored);
        to += sizeof stored;
    }
    return bytes;
}

/// The values of a tensor that are not raw: in the field that ONNX has for their type.
std::string typed_values(const onnx::TensorProto& tensor, ElementType type) {
    switch (type) {
        case ElementType::float32:
            return converted<float>(tensor.float_data());
        case ElementType::float64:
            return converted<double>(tensor.double_data());
        case ElementType::int64:
            return converted<std::int64_t>(tensor.int64_data());
        case ElementType::int32:
            return converted<std::int32_t>(tensor.int32_data());
        case ElementType::float16:
            return converted<std::uint16_t>(tensor.int32_data());
        case ElementType::uint8:
        case ElementType::int8:
        case ElementType::boolean:
            return converted<std::uint8_t>(tensor.int32_data());
    }
    return {};
}

struct ExternalPlace {
    std::string location;
    std::size_t offset = 0;
    std::optional<std::size_t> length;
};

std::size_t parse_size(const std::string& text, const std::string& name) {
    std::size_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc() || end != text.data() + text.size()) {
        throw Error(Errc::data, fmt::format("tensor '{}': '{}' is no offset or length of external data", name, text));
    }
    return value;
}

ExternalPlace external_place(const onnx::TensorProto& tensor, const std::string& name) {
    ExternalPlace place;
    for (const auto& entry : tensor.external_data()) {
        if (entry.key() == "location") place.location = entry.value();
        if (entry.key() == "offset") place.offset = parse_size(entry.value(), name);
        if (entry.key() == "length") place.length = parse_size(entry.value(), name);
    }
    return place;
}

[[noreturn]] void refuse_location(const std::string& name, const std::string& location, std::string_view why) {
    throw Error(Errc::data, fmt::format("tensor '{}': external data '{}' {}", name, location, why))
        .hint("external data must be a file in the model's folder");
}

bool goes_up(const fs::path& path) {
    for (const fs::path& part : path) {
        if (part == "..") return true;
    }
    return false;
}

/// The file of external data: inside the model's folder, also behind symbolic links.
fs::path external_path(const std::string& model, const std::string& location, const std::string& name) {
    const fs::path written(location);
    if (location.empty() || location.find('\0') != std::string::npos) refuse_location(name, "", "has no location");
    if (written.is_absolute()) refuse_location(name, location, "is an absolute path");
    if (goes_up(written)) refuse_location(name, location, "leaves the model's folder");
    if (model == "<stdin>") refuse_location(name, location, "cannot be found for a model from stdin");
    std::error_code failed;
    const fs::path beside = fs::path(model).parent_path();
    const fs::path folder = fs::canonical(beside.empty() ? fs::path(".") : beside, failed);
    if (failed) refuse_location(name, location, "cannot be found: the model has no folder");
    const fs::path path = fs::canonical(folder / written, failed);
    if (failed) throw Error(Errc::no_input, fmt::format("tensor '{}': no external data file '{}'", name, location));
    if (goes_up(path.lexically_relative(folder))) refuse_location(name, location, "leaves the model's folder");
    if (!fs::is_regular_file(path, failed)) refuse_location(name, location, "is not a file");
    return path;
}

}  // namespace

std::optional<Constant> ConstantReader::read(onnx::TensorProto& tensor, const std::string& name, const RawRange* raw) {
    const auto type = element_type(tensor.data_type());
    if (!type) return std::nullopt;
    Constant constant{*type, {tensor.dims().begin(), tensor.dims().end()}, {}};
    (void)checked_elements(constant.dims, fmt::format("tensor '{}'", name));
    const bool is_external = tensor.data_location() == onnx::TensorProto::EXTERNAL;
    if (tensor.has_segment() || (is_external && tensor.has_raw_data())) {
        throw Error(Errc::data, fmt::format("tensor '{}' has its values in two places, or in segments", name));
    }
    if (is_external) {
        constant.data = external(tensor, name, constant.elements() * element_size(*type));
        require_size(name, constant, constant.data.size());
    } else if (raw != nullptr) {
        require_size(name, constant, raw->size);
        constant.data = file_.bytes().subspan(raw->offset, raw->size);
    } else {
        std::string values = tensor.has_raw_data() ? tensor.raw_data() : typed_values(tensor, *type);
        require_size(name, constant, values.size());
        constant = draft_.own(*type, std::move(constant.dims), std::move(values));
    }
    // The checker wants a value where there are elements, and none where there are not.
    onnx::TensorProto stripped;
    stripped.set_name(tensor.name());
    stripped.set_data_type(tensor.data_type());
    stripped.mutable_dims()->Swap(tensor.mutable_dims());
    if (constant.elements() > 0) stripped.set_raw_data(std::string(1, '\0'));
    tensor = std::move(stripped);
    return constant;
}

std::span<const std::byte> ConstantReader::external(const onnx::TensorProto& tensor, const std::string& name,
                                                    Index expected) {
    const ExternalPlace place = external_place(tensor, name);
    const std::span<const std::byte> bytes = open_external(place.location, name).bytes();
    const std::size_t length = place.length.value_or(static_cast<std::size_t>(expected));
    if (place.offset > bytes.size() || length > bytes.size() - place.offset) {
        throw Error(Errc::data, fmt::format("tensor '{}': {} bytes at {} lie outside '{}', which has {}", name, length,
                                            place.offset, place.location, bytes.size()));
    }
    return bytes.subspan(place.offset, length);
}

const util::FileView& ConstantReader::open_external(const std::string& location, const std::string& name) {
    std::shared_ptr<const util::FileView>& view = external_files_[location];
    if (!view) {
        const fs::path path = external_path(file_.name(), location, name);
        view = std::make_shared<const util::FileView>(util::FileView::open(path.string()));
        draft_.storage.push_back(view);
        draft_.external_hashes[location] = util::sha256(*view);
    }
    return *view;
}

}  // namespace convoy::graph::detail
