// error_text() of run_tool.hpp.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "cli/run_tool.hpp"

namespace convoy::cli {
namespace {

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80; }

/// A text for the terminal: one line, no control characters (a hostile file must not steer the terminal).
std::string printable(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\n' || c == '\t' || c == '\r') c = ' ';
        if (byte < 0x20 || byte == 0x7f) c = c == ' ' ? ' ' : '?';
    }
    // U+0080 to U+009F are control characters, too.
    for (std::size_t i = 0; i + 1 < result.size(); ++i)
        if (result[i] == '\xc2' && static_cast<unsigned char>(result[i + 1]) < 0xa0) result.replace(i, 2, "?");
    return result;
}

/// One line of a regular file without its end, or nothing.
std::optional<std::string> line_of(const util::SourcePos& where) {
    constexpr std::uintmax_t kLargestFile = 64U << 20;
    std::error_code failed;
    if (!std::filesystem::is_regular_file(where.file, failed) || failed) return std::nullopt;
    if (std::filesystem::file_size(where.file, failed) > kLargestFile || failed) return std::nullopt;
    std::ifstream file(where.file, std::ios::binary);
    std::string line;
    for (int i = 0; i < where.line; ++i)
        if (!std::getline(file, line)) return std::nullopt;
    return line;
}

/// The source line, cut to what is near the column, and a caret below it.
std::string source_excerpt(const util::SourcePos& where) {
    constexpr std::size_t kBefore = 60;
    constexpr std::size_t kWidth = 100;
    const std::optional<std::string> found = line_of(where);
    if (!found || where.column < 1 || static_cast<std::size_t>(where.column) > found->size() + 1) return "";
    std::string line = *found;
    std::size_t column = static_cast<std::size_t>(where.column) - 1;
    if (line.size() > kWidth) {
        std::size_t begin = column > kBefore ? column - kBefore : 0;
        while (begin > 0 && is_continuation(line[begin])) --begin;
        std::size_t end = std::min(begin + kWidth, line.size());
        while (end < line.size() && is_continuation(line[end])) ++end;
        line = line.substr(begin, end - begin);
        column -= begin;
    }
    const auto characters = std::count_if(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(column),
                                          [](char c) { return !is_continuation(c); });
    const std::string number = fmt::format("{:>5}", where.line);
    return fmt::format("{} | {}\n{} | {}^\n", number, printable(line), std::string(number.size(), ' '),
                       std::string(static_cast<std::size_t>(characters), ' '));
}

std::string one_error(std::string_view tool, const util::Error& error) {
    std::string text = fmt::format("{}: error: ", tool);
    if (error.where() && error.where()->line > 0)
        text += fmt::format("{}:{}:{}: ", printable(error.where()->file), error.where()->line, error.where()->column);
    else if (error.where())
        text += fmt::format("{}: ", printable(error.where()->file));
    if (!error.key().empty()) text += printable(error.key()) + ": ";
    text += printable(error.message()) + "\n";
    if (error.where() && error.where()->line > 0) text += source_excerpt(*error.where());
    if (!error.hint().empty()) text += fmt::format("hint: {}\n", printable(error.hint()));
    return text;
}

}  // namespace

std::string error_text(std::string_view tool, const util::Error& error) {
    if (error.code() == util::Errc::closed_output) return "";
    if (error.code() == util::Errc::interrupted) return fmt::format("{}: {}\n", tool, printable(error.message()));
    std::string text = one_error(tool, error);
    for (const util::Error& further : error.further()) text += one_error(tool, further);
    for (const std::string& line : error.context()) text += fmt::format("  {}\n", printable(line));
    return text;
}

}  // namespace convoy::cli
