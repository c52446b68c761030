#pragma once

#include <set>
#include <string>

#include "yaml/document.hpp"

namespace convoy::tools {

/// The keys of a kind of document as Markdown: one table for each kind of map in it, the document's own first.
class KeyTables {
  public:
    explicit KeyTables(const yaml::DocumentKind& kind) : kind_(kind) {}
    [[nodiscard]] std::string markdown();

  private:
    void add_table(const yaml::Schema& schema, const std::string& path);
    void add_row(const yaml::Field& field);

    const yaml::DocumentKind& kind_;
    std::string text_;
    std::set<const yaml::Schema*> done_;  ///< maps that several keys have are shown once
};

}  // namespace convoy::tools
