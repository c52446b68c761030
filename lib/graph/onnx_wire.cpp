#include "graph/onnx_wire.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <optional>

#include "util/error.hpp"

namespace convoy::graph::detail {
namespace {

// Field numbers of onnx.proto.
constexpr std::uint32_t kModelGraph = 7;
constexpr std::uint32_t kGraphNode = 1;
constexpr std::uint32_t kGraphInitializer = 5;
constexpr std::uint32_t kNodeAttribute = 5;
constexpr std::uint32_t kAttributeTensor = 5;
constexpr std::uint32_t kTensorRawData = 9;

constexpr std::uint32_t kTensorFloatData = 4;
constexpr std::uint32_t kTensorUint64Data = 11;

constexpr std::size_t kSmallRawData = 1024;
constexpr std::size_t kLargestSkeleton = std::size_t{512} << 20;
// Memory that protobuf needs for a byte of structure: two bytes of an empty message become an object.
constexpr std::size_t kGrowth = 32;

[[noreturn]] void refuse(std::size_t offset, const std::string& what) {
    throw util::Error(util::Errc::data, fmt::format("not a valid ONNX file: {} at byte {}", what, offset))
        .hint("is it an ONNX file, and complete?");
}

/// A part [at, end) of the file that is being read. Never leaves it.
class Cursor {
  public:
    Cursor(std::span<const std::byte> file, std::size_t begin, std::size_t end) : file_(file), at_(begin), end_(end) {}

    [[nodiscard]] bool done() const noexcept { return at_ == end_; }
    [[nodiscard]] std::size_t at() const noexcept { return at_; }
    [[nodiscard]] std::size_t end() const noexcept { return end_; }

    std::uint64_t varint() {
        const std::size_t start = at_;
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 70; shift += 7) {
            if (done()) refuse(start, "a number breaks off");
            const auto byte = std::to_integer<std::uint64_t>(file_[at_++]);
            if (shift == 63 && byte > 1) break;
            value |= (byte & 0x7F) << shift;
            if (byte < 0x80) return value;
        }
        refuse(start, "a number is longer than 64 bits");
    }

    void skip(std::uint64_t count) {
        if (count > end_ - at_) refuse(at_, fmt::format("{} bytes are announced, {} are left,", count, end_ - at_));
        at_ += static_cast<std::size_t>(count);
    }

  private:
    std::span<const std::byte> file_;
    std::size_t at_;
    std::size_t end_;
};

struct Field {
    std::uint32_t number = 0;
    bool delimited = false;   ///< a message, string or bytes
    std::size_t start = 0;    ///< of the key
    std::size_t payload = 0;  ///< behind the length
    std::size_t end = 0;
};

Field next_field(Cursor& cursor) {
    Field field;
    field.start = cursor.at();
    const std::uint64_t key = cursor.varint();
    if (key >> 32 != 0 || key >> 3 == 0) refuse(field.start, "an impossible field number");
    field.number = static_cast<std::uint32_t>(key >> 3);
    field.payload = cursor.at();
    switch (key & 7) {
        case 0:
            cursor.varint();
            break;
        case 1:
            cursor.skip(8);
            break;
        case 5:
            cursor.skip(4);
            break;
        case 2: {
            const std::uint64_t length = cursor.varint();
            field.delimited = true;
            field.payload = cursor.at();
            cursor.skip(length);
            break;
        }
        default:
            refuse(field.start, "an unknown wire type");
    }
    field.end = cursor.at();
    return field;
}

void put_varint(std::string& out, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
    out.push_back(static_cast<char>(value));
}

class Scanner {
  public:
    explicit Scanner(std::span<const std::byte> file) : file_(file) {}

    Skeleton scan() {
        bool seen = false;
        skeleton_.bytes = message(0, file_.size(), [&](const Field& field) -> std::optional<std::string> {
            if (field.number != kModelGraph) return std::nullopt;
            once(seen, field);
            return graph(field);
        });
        if (!seen) refuse(file_.size(), "no graph is in it; the end is");
        return std::move(skeleton_);
    }

  private:
    /// Copies a message; `replace(field)` gives the new content of a delimited field, or nothing to copy it as it is.
    template <class Replace>
    std::string message(std::size_t begin, std::size_t end, const Replace& replace) {
        std::string out;
        for (Cursor cursor(file_, begin, end); !cursor.done();) {
            const Field field = next_field(cursor);
            const auto content = field.delimited ? replace(field) : std::optional<std::string>();
            if (content) {
                count(field, 2 * kGrowth);
                put_varint(out, std::uint64_t{field.number} << 3 | 2);
                put_varint(out, content->size());
                out += *content;
            } else {
                copy(field, out);
            }
        }
        return out;
    }

    void count(const Field& field, std::size_t memory) {
        memory_ += memory;
        if (memory_ > kLargestSkeleton) refuse(field.start, "too much besides raw weights");
    }

    void copy(const Field& field, std::string& out) {
        const bool values = in_tensor_ && field.number >= kTensorFloatData && field.number <= kTensorUint64Data;
        count(field, (field.end - field.start) * (values ? 1 : kGrowth));
        out.append(reinterpret_cast<const char*>(file_.data()) + field.start, field.end - field.start);
    }

    static void once(bool& seen, const Field& field) {
        if (seen) refuse(field.start, "a repeated graph, tensor or raw_data");
        seen = true;
    }

    std::string graph(const Field& outer) {
        std::size_t nodes = 0;
        std::size_t initializers = 0;
        return message(outer.payload, outer.end, [&](const Field& field) -> std::optional<std::string> {
            if (field.number == kGraphNode) return node(field, nodes++);
            if (field.number != kGraphInitializer) return std::nullopt;
            const std::size_t number = initializers++;
            return tensor(field, [&](RawRange range) { skeleton_.initializers[number] = range; });
        });
    }

    std::string node(const Field& outer, std::size_t number) {
        std::size_t attributes = 0;
        return message(outer.payload, outer.end, [&](const Field& field) -> std::optional<std::string> {
            if (field.number != kNodeAttribute) return std::nullopt;
            return attribute(field, {number, attributes++});
        });
    }

    std::string attribute(const Field& outer, std::pair<std::size_t, std::size_t> position) {
        bool seen = false;
        return message(outer.payload, outer.end, [&](const Field& field) -> std::optional<std::string> {
            if (field.number != kAttributeTensor) return std::nullopt;
            once(seen, field);
            return tensor(field, [&](RawRange range) { skeleton_.attributes[position] = range; });
        });
    }

    template <class Remember>
    std::string tensor(const Field& outer, const Remember& remember) {
        bool seen = false;
        in_tensor_ = true;
        auto content = message(outer.payload, outer.end, [&](const Field& field) -> std::optional<std::string> {
            if (field.number != kTensorRawData) return std::nullopt;
            once(seen, field);
            const std::size_t size = field.end - field.payload;
            if (size <= kSmallRawData) return std::nullopt;
            remember(RawRange{field.payload, size});
            return std::string(1, '\0');
        });
        in_tensor_ = false;
        return content;
    }

    std::span<const std::byte> file_;
    Skeleton skeleton_;
    std::size_t memory_ = 0;
    bool in_tensor_ = false;
};

}  // namespace

Skeleton scan_onnx(std::span<const std::byte> file) {
    if (file.empty()) refuse(0, "the file is empty; the end is");
    return Scanner(file).scan();
}

}  // namespace convoy::graph::detail
