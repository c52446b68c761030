#include <algorithm>

#include "report/shown.hpp"

namespace convoy::report {
namespace {

class Flattener {
  public:
    std::vector<Cell>& add_row(const Section& section, const std::string& table) {
        return flat_.rows.emplace_back(std::vector<Cell>{section.file, table});
    }
    void set(std::vector<Cell>& row, const std::string& key, const Cell& value) {
        const auto found = std::find(flat_.header.begin(), flat_.header.end(), key);
        const auto column = static_cast<std::size_t>(found - flat_.header.begin());
        if (found == flat_.header.end()) flat_.header.push_back(key);
        if (row.size() <= column) row.resize(column + 1);
        row[column] = value;
    }
    FlatTable take() {
        for (auto& row : flat_.rows) row.resize(flat_.header.size());
        return std::move(flat_);
    }

  private:
    FlatTable flat_{{"file", "table"}, {}};
};

}  // namespace

FlatTable flatten(const Report& report) {
    Flattener flattener;
    for (const Section& section : report.sections) {
        if (!section.facts.empty()) {
            std::vector<Cell>& row = flattener.add_row(section, "overview");
            for (const Fact& fact : section.facts) flattener.set(row, fact.key, fact.value);
        }
        for (const Table& table : section.tables) {
            for (const auto& cells : table.rows) {
                std::vector<Cell>& row = flattener.add_row(section, table.key);
                for (std::size_t i = 0; i < cells.size(); ++i) flattener.set(row, table.columns[i].key, cells[i]);
            }
        }
    }
    return flattener.take();
}

}  // namespace convoy::report
