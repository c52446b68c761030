#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace convoy::cli {

enum class TableFormat { text, markdown, csv };

/// "text", "md" or "csv". @throws Error usage
[[nodiscard]] TableFormat table_format(std::string_view name);

/// A table of results; numbers are aligned to the right.
///
///     Table table({"operator", "time_ms"});
///     table.add({"conv1", Table::fixed(1.23456, 2)});
class Table {
  public:
    struct Number {
        double value{};
        int digits{};       ///< after the point in text and Markdown; CSV has all
        bool sign = false;  ///< "+1.5" in text and Markdown
    };
    /// A text, an integer, or a number; an empty text is an empty cell.
    class Cell {
      public:
        Cell(const char* text) : content_(std::string(text)) {}
        Cell(std::string text) : content_(std::move(text)) {}
        Cell(std::string_view text) : content_(std::string(text)) {}
        Cell(int number) : content_(std::int64_t{number}) {}
        Cell(std::int64_t number) : content_(number) {}
        Cell(std::size_t number) : content_(static_cast<std::int64_t>(number)) {}
        Cell(Number number) : content_(number) {}
        [[nodiscard]] bool is_number() const noexcept { return content_.index() != 0; }
        [[nodiscard]] std::string text(TableFormat format) const;

      private:
        std::variant<std::string, std::int64_t, Number> content_;
    };

    [[nodiscard]] static Cell fixed(double value, int digits) { return Number{value, digits}; }
    /// A difference: with its sign, also when it is positive.
    [[nodiscard]] static Cell difference(double value, int digits) { return Number{value, digits, true}; }

    explicit Table(std::vector<std::string> header) : header_(std::move(header)) {}
    /// Needs as many cells as the header has.
    Table& add(std::vector<Cell> row);
    [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
    /// The whole table, ending in a newline.
    [[nodiscard]] std::string to_string(TableFormat format) const;

  private:
    std::vector<std::string> header_;
    std::vector<std::vector<Cell>> rows_;
};

}  // namespace convoy::cli
