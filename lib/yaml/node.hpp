#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "util/error.hpp"
#include "util/file.hpp"

namespace convoy::yaml {

/// What one document may cost. Bounds are checked while reading, before the memory is taken.
struct Limits {
    std::size_t bytes =
        std::size_t{64} << 20;      ///< of the text; a text of small maps takes about 50 times as much memory
    std::size_t nodes = 2'000'000;  ///< keys and values, aliases counted as often as they are used
    int depth = 64;
};

/// A place in a document that outlives it, for checks that are made later.
struct Place {
    util::SourcePos where;
    std::string key;  ///< "stages[1].shares", "" at the top

    /// An error of code data that points here.
    [[nodiscard]] util::Error error(std::string message, std::string hint = "") const;
};

/// A document as it was read: scalars keep their text, every value and key its place.
class Node {
  public:
    enum class Kind : std::uint8_t { null, scalar, sequence, map };
    struct Entry;

    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    [[nodiscard]] bool is_null() const noexcept { return kind_ == Kind::null; }
    [[nodiscard]] bool is_map() const noexcept { return kind_ == Kind::map; }
    [[nodiscard]] bool is_sequence() const noexcept { return kind_ == Kind::sequence; }
    /// The text of a scalar, without quotes and escapes; "" for others.
    [[nodiscard]] const std::string& text() const noexcept { return text_; }
    /// Whether the scalar stood in quotes or in a block: then it is a text, whatever it looks like.
    [[nodiscard]] bool quoted() const noexcept { return quoted_; }
    [[nodiscard]] std::span<const Node> items() const noexcept;     ///< empty unless a sequence
    [[nodiscard]] std::span<const Entry> entries() const noexcept;  ///< empty unless a map
    /// The value of a key of a map, or nullptr. Linear in the number of keys.
    [[nodiscard]] const Node* find(std::string_view key) const noexcept;
    [[nodiscard]] util::SourcePos where() const { return {*file_, line_, column_}; }

  private:
    friend class TreeBuilder;
    friend class Reader;

    std::string text_;
    std::vector<Node> items_;
    std::vector<Entry> entries_;
    std::shared_ptr<const std::string> file_;
    int line_{};
    int column_{};
    Kind kind_ = Kind::null;
    bool quoted_ = false;
};

struct Node::Entry {
    std::string key;
    int line{};    ///< of the key
    int column{};  ///< of the key
    Node value;
};

/// Reads a text that holds one YAML or JSON document. An empty text is a null.
///
/// Stricter than YAML: keys are scalars and unique in their map; tags, and control characters in the text, are refused.
///
/// @param file_name  for messages
/// @throws Error data, with line and column, for anything that is not YAML or exceeds the limits
[[nodiscard]] Node parse(std::string_view text, const std::string& file_name, const Limits& limits = {});

/// Reads all documents of a text, which "---" separates.
[[nodiscard]] std::vector<Node> parse_stream(std::string_view text, const std::string& file_name,
                                             const Limits& limits = {});

/// Reads a long stream one document at a time; memory holds one document. Limits::bytes does not apply.
///
///     NodeStream stream(util::FileView::open("trace.yaml"));
///     while (std::optional<Node> document = stream.next()) ...
class NodeStream {
  public:
    explicit NodeStream(util::FileView file, const Limits& limits = {});
    NodeStream(NodeStream&&) noexcept;
    NodeStream& operator=(NodeStream&&) noexcept;
    ~NodeStream();

    /// The next document, or nothing at the end and after an error. @throws Error data
    [[nodiscard]] std::optional<Node> next();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace convoy::yaml
