#include "dataset/npy.hpp"

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cstring>
#include <functional>
#include <optional>

#include "util/error.hpp"

namespace convoy::dataset {
namespace {

using graph::Index;
using util::Errc;
using util::Error;

static_assert(std::endian::native == std::endian::little, "values are copied as they lie in the file");

constexpr std::string_view kMagic{"\x93NUMPY", 6};
constexpr Index kMostElements = Index{1} << 33;

/// The header is the text of a Python dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }
struct Header {
    std::string type;
    bool fortran = false;
    std::vector<Index> dims;
    std::string_view data;
};

[[noreturn]] void fail(const util::FileView& file, const std::string& why) {
    throw Error(Errc::data, fmt::format("'{}' is not a usable .npy file: {}", file.name(), why));
}

/// What follows `'key':` in the dictionary, without leading blanks.
std::optional<std::string_view> value_of(std::string_view dictionary, std::string_view key) {
    const std::size_t at = dictionary.find(fmt::format("'{}':", key));
    if (at == std::string_view::npos) return std::nullopt;
    std::string_view value = dictionary.substr(at + key.size() + 3);
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    return value;
}

std::vector<Index> read_dims(const util::FileView& file, std::string_view text) {
    std::vector<Index> dims;
    const std::size_t end = text.find(')');
    if (!text.starts_with('(') || end == std::string_view::npos) fail(file, "its shape cannot be read");
    std::string_view left = text.substr(1, end - 1);
    Index elements = 1;
    while (true) {
        left.remove_prefix(std::min(left.find_first_not_of(" ,"), left.size()));
        if (left.empty()) return dims;
        Index size = -1;
        const auto [next, failure] = std::from_chars(left.data(), left.data() + left.size(), size);
        if (failure != std::errc() || size < 0) fail(file, "its shape cannot be read");
        if (size > 0 && elements > kMostElements / size) fail(file, "its shape is too large");
        elements *= size;
        dims.push_back(size);
        left.remove_prefix(static_cast<std::size_t>(next - left.data()));
    }
}

Header read_header(const util::FileView& file) {
    const std::string_view text = file.text();
    if (!text.starts_with(kMagic) || text.size() < 10) fail(file, "it does not begin like one");
    const bool wide = text[6] >= 2;
    const std::size_t start = wide ? 12 : 10;
    if (text.size() < start) fail(file, "it is cut off");
    std::uint32_t length = 0;
    std::memcpy(&length, text.data() + 8, wide ? 4 : 2);
    if (length > text.size() - start) fail(file, "it is cut off");
    const std::string_view dictionary = text.substr(start, length);
    const auto descr = value_of(dictionary, "descr");
    const auto order = value_of(dictionary, "fortran_order");
    const auto shape = value_of(dictionary, "shape");
    if (!descr || !order || !shape || descr->size() < 2) fail(file, "its header lacks descr, fortran_order or shape");
    Header header;
    const std::size_t quote = descr->find('\'', 1);
    header.type = std::string(descr->substr(1, quote == std::string_view::npos ? 0 : quote - 1));
    header.fortran = order->starts_with("True");
    header.dims = read_dims(file, *shape);
    header.data = text.substr(start + length);
    return header;
}

template <class T>
void convert(const char* from, std::vector<float>& to) {
    for (std::size_t i = 0; i < to.size(); ++i) {
        T value{};
        std::memcpy(&value, from + i * sizeof(T), sizeof(T));
        to[i] = static_cast<float>(value);
    }
}

struct Half {
    std::uint16_t bits;
    explicit operator float() const {
        const float magnitude = (bits & 0x7C00U) == 0
                                    ? static_cast<float>(bits & 0x3FFU) * 0x1p-24F
                                    : std::bit_cast<float>(((bits & 0x7FFFU) << 13) +
                                                           ((bits & 0x7C00U) == 0x7C00U ? 0x70000000U : 0x38000000U));
        return (bits & 0x8000U) != 0 ? -magnitude : magnitude;
    }
};

struct Conversion {
    const char* type;
    std::size_t size;
    void (*convert)(const char*, std::vector<float>&);
};
constexpr Conversion kConversions[] = {
    {"<f4", 4, convert<float>},         {"<f8", 8, convert<double>},        {"<f2", 2, convert<Half>},
    {"|u1", 1, convert<std::uint8_t>},  {"|i1", 1, convert<std::int8_t>},   {"|b1", 1, convert<std::uint8_t>},
    {"<i2", 2, convert<std::int16_t>},  {"<u2", 2, convert<std::uint16_t>}, {"<i4", 4, convert<std::int32_t>},
    {"<u4", 4, convert<std::uint32_t>}, {"<i8", 8, convert<std::int64_t>},  {"<u8", 8, convert<std::uint64_t>},
};

}  // namespace

Array read_npy(const util::FileView& file) {
    const Header header = read_header(file);
    if (header.fortran) fail(file, "its order is Fortran's; save it with numpy.ascontiguousarray");
    const Conversion* conversion = nullptr;
    for (const Conversion& candidate : kConversions)
        if (header.type == candidate.type) conversion = &candidate;
    if (conversion == nullptr) fail(file, fmt::format("its type '{}' is not supported", header.type));
    std::size_t elements = 1;
    for (const Index size : header.dims) elements *= static_cast<std::size_t>(size);
    if (header.data.size() / conversion->size < elements)
        fail(file,
             fmt::format("it holds {} bytes, its shape needs {}", header.data.size(), elements * conversion->size));
    Array array{header.dims, std::vector<float>(elements)};
    conversion->convert(header.data.data(), array.values);
    return array;
}

std::string write_npy(const std::vector<Index>& dims, const float* values) {
    Index elements = 1;
    for (const Index size : dims) elements *= size;
    const std::string shape = fmt::format("({}{})", fmt::join(dims, ", "), dims.size() == 1 ? "," : "");
    std::string dictionary = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': {}, }}", shape);
    constexpr std::size_t kPrefix = 10;
    constexpr std::size_t kAlignment = 64;
    dictionary.append(kAlignment - (kPrefix + dictionary.size() + 1) % kAlignment, ' ');
    dictionary += '\n';
    const auto length = static_cast<std::uint16_t>(dictionary.size());
    std::string text(kMagic);
    text += '\x01';
    text += '\0';
    text.append(reinterpret_cast<const char*>(&length), sizeof length);
    text += dictionary;
    text.append(reinterpret_cast<const char*>(values), static_cast<std::size_t>(elements) * sizeof(float));
    return text;
}

}  // namespace convoy::dataset
