#include "yaml/node.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <istream>
#include <map>
#include <streambuf>
#include <utility>

#include "yaml/scalar.hpp"

namespace convoy::yaml {

util::Error Place::error(std::string message, std::string hint) const {
    return util::Error(util::Errc::data, std::move(message)).at(where).key(key).hint(std::move(hint));
}

std::span<const Node> Node::items() const noexcept { return items_; }
std::span<const Node::Entry> Node::entries() const noexcept { return entries_; }

const Node* Node::find(std::string_view key) const noexcept {
    for (const Entry& entry : entries_)
        if (entry.key == key) return &entry.value;
    return nullptr;
}

/// Builds the tree of one document from the parser's events. Aliases are copied, within the limits.
class TreeBuilder : public YAML::EventHandler {
  public:
    TreeBuilder(std::shared_ptr<const std::string> file, const Limits& limits)
        : file_(std::move(file)), limits_(limits) {}

    [[nodiscard]] Node take() { return std::move(root_); }
    /// What a text without any document holds: a null at its beginning.
    [[nodiscard]] Node empty() { return make({}, Node::Kind::null); }

    void OnDocumentStart(const YAML::Mark& mark) override { root_ = make(mark, Node::Kind::null); }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        if (expects_key()) fail(mark, "a key must be a text", "quote it");
        finish(make(mark, Node::Kind::null), anchor, 1, 0);
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        refuse_tag(mark, tag);
        Node node = make(mark, Node::Kind::scalar);
        node.text_ = value;
        node.quoted_ = tag == "!";
        if (expects_key()) {
            if (anchor != YAML::NullAnchor) fail(mark, "a key cannot have an anchor");
            open_.back().key = Node::Entry{std::move(node.text_), node.line_, node.column_, {}};
        } else {
            finish(std::move(node), anchor, 1, 0);
        }
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        if (expects_key()) fail(mark, "a key must be a text");
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end()) fail(mark, "an alias stands inside what it refers to");
        count(mark, found->second.nodes);
        check_depth(mark, found->second.height);
        finish(Node(found->second.node), YAML::NullAnchor, found->second.nodes, found->second.height);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, Node::Kind::sequence);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, Node::Kind::map);
    }
    void OnMapEnd() override {
        refuse_duplicates(open_.back().node);
        close();
    }

  private:
    /// A sequence or map whose end has not been seen.
    struct Open {
        Node node;
        YAML::anchor_t anchor{};
        std::optional<Node::Entry> key;  ///< of the value that comes next
        std::size_t nodes = 1;
        int height = 0;
    };
    struct Anchored {
        Node node;
        std::size_t nodes{};
        int height{};
    };

    [[noreturn]] void fail(const YAML::Mark& mark, std::string message, std::string hint = "") const {
        throw Place{{*file_, mark.line + 1, mark.column + 1}, ""}.error(std::move(message), std::move(hint));
    }

    [[nodiscard]] bool expects_key() const { return !open_.empty() && open_.back().node.is_map() && !open_.back().key; }

    Node make(const YAML::Mark& mark, Node::Kind kind) {
        count(mark, 1);
        Node node;
        node.file_ = file_;
        node.line_ = mark.line + 1;
        node.column_ = mark.column + 1;
        node.kind_ = kind;
        return node;
    }

    void count(const YAML::Mark& mark, std::size_t nodes) {
        if (nodes > limits_.nodes - nodes_)
            fail(mark, fmt::format("the document has more than {} values", limits_.nodes));
        nodes_ += nodes;
    }

    void check_depth(const YAML::Mark& mark, int height) const {
        if (static_cast<int>(open_.size()) + height > limits_.depth)
            fail(mark, fmt::format("values are nested more than {} deep", limits_.depth));
    }

    void refuse_tag(const YAML::Mark& mark, const std::string& tag) const {
        if (!tag.empty() && tag != "?" && tag != "!") fail(mark, fmt::format("the tag '{}' is not understood", tag));
    }

    void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Node::Kind kind) {
        refuse_tag(mark, tag);
        // Of a bracket that is never closed, yaml-cpp makes a key.
        if (expects_key()) fail(mark, "what opens here is never closed, or is a key, which must be a text");
        check_depth(mark, 1);
        open_.push_back({make(mark, kind), anchor, {}});
    }

    void close() {
        Open closed = std::move(open_.back());
        open_.pop_back();
        finish(std::move(closed.node), closed.anchor, closed.nodes, closed.height + 1);
    }

    /// Puts a complete value where it belongs.
    void finish(Node node, YAML::anchor_t anchor, std::size_t nodes, int height) {
        if (anchor != YAML::NullAnchor) {
            count({}, nodes);  // the copy below is paid for, too
            anchors_[anchor] = {node, nodes, height};
        }
        if (open_.empty()) {
            root_ = std::move(node);
            return;
        }
        Open& parent = open_.back();
        parent.nodes += nodes;
        parent.height = std::max(parent.height, height);
        if (parent.node.is_sequence()) {
            parent.node.items_.push_back(std::move(node));
        } else {
            if (node.is_null()) {  // yaml-cpp gives the place of what comes next
                node.line_ = parent.key->line;
                node.column_ = parent.key->column;
            }
            parent.key->value = std::move(node);
            parent.node.entries_.push_back(std::move(*parent.key));
            parent.key.reset();
        }
    }

    void refuse_duplicates(const Node& map) const {
        std::vector<const Node::Entry*> sorted;
        for (const Node::Entry& entry : map.entries_) sorted.push_back(&entry);
        std::stable_sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->key < b->key; });
        const auto twice = std::adjacent_find(sorted.begin(), sorted.end(),
                                              [](const auto* a, const auto* b) { return a->key == b->key; });
        if (twice == sorted.end()) return;
        const Node::Entry& second = **std::next(twice);
        throw Place{{*file_, second.line, second.column}, ""}.error(
            fmt::format("the key '{}' stands twice in one map", second.key),
            fmt::format("the first is in line {}", (*twice)->line));
    }

    std::shared_ptr<const std::string> file_;
    Limits limits_;
    std::size_t nodes_ = 0;
    std::vector<Open> open_;
    std::map<YAML::anchor_t, Anchored> anchors_;
    Node root_;
};

namespace {

/// Lets an istream read memory in place.
///
/// A comment follows a text that ends in a newline: there yaml-cpp overlooks that a quoted text is never closed, as in
/// a file that was cut off.
class MemoryBuffer : public std::streambuf {
  public:
    explicit MemoryBuffer(std::string_view text) : ended_(!text.ends_with('\n')) { show(text); }

  protected:
    int_type underflow() override {
        if (std::exchange(ended_, true)) return traits_type::eof();
        show("#");
        return traits_type::to_int_type('#');
    }

  private:
    void show(std::string_view text) {
        char* begin = const_cast<char*>(text.data());
        setg(begin, begin, begin + text.size());
    }

    bool ended_;
};

/// Refuses what is no text: yaml-cpp takes byte 4 for the end of the file and replaces bytes that are not UTF-8.
void check_text(std::string_view text, const std::string& file) {
    int line = 1;
    std::size_t line_start = 0;
    for (std::size_t i = 0; i < text.size();) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const std::size_t length = detail::utf8_length(text.substr(i, 4));
        const bool control = byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t';
        if (length == 0 || control || byte == 0x7f)
            throw Place{{file, line, static_cast<int>(i - line_start) + 1}, ""}.error(
                fmt::format("not a text file: byte 0x{:02x}", byte), "a YAML or JSON file in UTF-8 is needed");
        i += length;
        if (byte == '\n') {
            ++line;
            line_start = i;
        }
    }
}

constexpr std::size_t kLongestText = (std::size_t{1} << 31) - 1;  // yaml-cpp counts bytes in an int

/// What helps against the mistakes that people make; yaml-cpp names what its scanner met.
std::string hint_for(const std::string& message) {
    if (message == "illegal map value") return "quote a text that contains ': '; indent with spaces, not tabs";
    if (message == "illegal block entry") return "indent with spaces, not tabs";
    if (message == "illegal EOF in scalar") return "a quote that is opened is never closed";
    if (message.find(" flow not found") != std::string::npos)
        return "is a bracket, a comma, or a space after a colon missing?";
    if (message.ends_with(" not found")) return "is the line indented wrongly?";
    return "";
}

/// The parser over a text that somebody else holds.
class DocumentParser {
  public:
    DocumentParser(std::string_view text, const std::string& file, const Limits& limits)
        : file_(std::make_shared<const std::string>(file)), limits_(limits), buffer_(text), input_(&buffer_) {
        if (text.size() > kLongestText) throw util::Error(util::Errc::data, fmt::format("'{}' exceeds 2 GB", file));
        check_text(text, file);
        parser_.Load(input_);
    }

    /// After an error there is no next document: the parser has lost its place.
    std::optional<Node> next() {
        if (ended_) return std::nullopt;
        ended_ = true;
        TreeBuilder builder(file_, limits_);
        try {
            if (!parser_.HandleNextDocument(builder)) return std::nullopt;
        } catch (const YAML::Exception& failure) {
            throw Place{{*file_, failure.mark.line + 1, failure.mark.column + 1}, ""}.error(
                fmt::format("not valid YAML: {}", failure.msg), hint_for(failure.msg));
        }
        ended_ = false;
        return builder.take();
    }

  private:
    std::shared_ptr<const std::string> file_;
    Limits limits_;
    MemoryBuffer buffer_;
    std::istream input_;
    YAML::Parser parser_;
    bool ended_ = false;
};

void check_size(std::string_view text, const std::string& file, const Limits& limits) {
    if (text.size() > limits.bytes)
        throw util::Error(util::Errc::data,
                          fmt::format("'{}' has {} bytes; at most {} are read", file, text.size(), limits.bytes));
}

}  // namespace

struct NodeStream::State {
    util::FileView file;
    DocumentParser parser;
};

NodeStream::NodeStream(util::FileView file, const Limits& limits)
    : state_(new State{file, DocumentParser(file.text(), file.name(), limits)}) {}
NodeStream::NodeStream(NodeStream&&) noexcept = default;
NodeStream& NodeStream::operator=(NodeStream&&) noexcept = default;
NodeStream::~NodeStream() = default;

std::optional<Node> NodeStream::next() { return state_->parser.next(); }

std::vector<Node> parse_stream(std::string_view text, const std::string& file_name, const Limits& limits) {
    check_size(text, file_name, limits);
    DocumentParser parser(text, file_name, limits);
    std::vector<Node> documents;
    while (std::optional<Node> document = parser.next()) {
        if (documents.size() == limits.nodes) throw Place{document->where(), ""}.error("too many documents");
        documents.push_back(std::move(*document));
    }
    return documents;
}

Node parse(std::string_view text, const std::string& file_name, const Limits& limits) {
    check_size(text, file_name, limits);
    DocumentParser parser(text, file_name, limits);
    std::optional<Node> document = parser.next();
    if (!document) return TreeBuilder(std::make_shared<const std::string>(file_name), limits).empty();
    if (const std::optional<Node> second = parser.next())
        throw Place{second->where(), ""}.error("one document is expected, here a second begins");
    return std::move(*document);
}

}  // namespace convoy::yaml
