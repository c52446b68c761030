#pragma once

#include <memory>
#include <string>

#include "util/file.hpp"
#include "yaml/node.hpp"
#include "yaml/reader.hpp"
#include "yaml/schema.hpp"
#include "yaml/value.hpp"

namespace convoy::yaml {

/// A file format of convoy: the first key of each file is `schema: convoy.<name>/<version>`.
struct DocumentKind {
    std::string name;      ///< "plan"
    int oldest{};          ///< the oldest version that is still read
    int current{};         ///< the newest version, the only one that is written
    const Schema& schema;  ///< the keys beside `schema`; a static table
};

/// A checked document. Copies share it; one of them must outlive its readers.
class Document {
  public:
    [[nodiscard]] Reader root() const;
    [[nodiscard]] Reader operator[](std::string_view key) const { return root()[key]; }
    [[nodiscard]] int version() const noexcept { return version_; }
    /// The file as it was named, "<stdin>" for "-". Paths in it are relative to it: util::resolve_beside.
    [[nodiscard]] const std::string& file() const noexcept { return file_; }

  private:
    friend Document as_document(Node, const DocumentKind&);
    std::shared_ptr<const Node> node_;
    const Schema* schema_ = nullptr;
    std::string file_;
    int version_ = 0;
};

/// Reads and checks a document of one kind.
///
/// @throws Error data: not YAML, another kind, too old or too new, or not as its schema says
[[nodiscard]] Document open_document(const DocumentKind& kind, const util::FileView& file, const Limits& limits = {});

/// The same for a document of a stream (NodeStream).
[[nodiscard]] Document as_document(Node node, const DocumentKind& kind);

/// The kind that a document says it is ("plan" of `schema: convoy.plan/1`); for tools that take several kinds.
/// @throws Error data, when it says none
[[nodiscard]] std::string kind_of(const Node& node);

enum class Format { yaml, json };

/// The text of a document: `schema` first, then the fields in the order of the schema, on all levels.
///
/// @param content  a map; optional fields that are null are left out
/// @throws Error internal, for a key that the schema does not have
[[nodiscard]] std::string write_document(const DocumentKind& kind, const Value& content, Format format = Format::yaml);

/// The same as one document of a stream: begins with a line "---". JSON: one document on one line.
[[nodiscard]] std::string write_stream_document(const DocumentKind& kind, const Value& content,
                                                Format format = Format::yaml);

}  // namespace convoy::yaml
