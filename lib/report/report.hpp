#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "report/picture.hpp"
#include "util/file.hpp"
#include "yaml/document.hpp"

namespace convoy::report {

/// What a number is. Decides how people see it: unit, scale and digits.
enum class Quantity : std::uint8_t {
    text,
    count,
    real,  ///< a number without a unit
    milliseconds,
    bytes,
    mbit_per_s,
    per_second,
    ratio,       ///< shown in percent
    difference,  ///< a ratio that may be negative, shown in percent with its sign
};

/// One value: nothing, a text, a whole number, a number in the quantity's unit (ms, bytes, Mbit/s; ratios 0 to 1), yes
/// or no, or names.
using Cell = std::variant<std::monostate, std::string, std::int64_t, double, bool, std::vector<std::string>>;

struct Column {
    std::string key;    ///< in files, with the unit: "measured_ms"
    std::string title;  ///< for people, without the unit: "measured"
    Quantity quantity = Quantity::text;
    bool shown = true;   ///< to people too, not only in files
    bool group = false;  ///< people do not see a value again that is the same as above it; for leading columns
    bool operator==(const Column&) const = default;
};

struct Table {
    std::string key;    ///< in files: "stages"
    std::string title;  ///< for people: "Stages: time per frame, median of 100 frames"; empty: the section's is enough
    std::vector<Column> columns;
    std::vector<std::vector<Cell>> rows{};  ///< each as long as `columns`
    std::vector<std::string> notes{};       ///< sentences below the table
    bool operator==(const Table&) const = default;
};

/// One value of a section's overview, for programs.
struct Fact {
    std::string key;  ///< with the unit: "latency_p50_ms"
    Cell value;
    bool operator==(const Fact&) const = default;
};

/// One line of a section's overview, for people.
struct Line {
    std::string label;  ///< "latency"
    std::string text;   ///< "predicted 21.2 ms, measured 24.0 ms (+13 %)"
    bool operator==(const Line&) const = default;
};

/// What there is to say about one file, or about several side by side.
struct Section {
    std::string file;  ///< as it was named; empty: about several files
    std::string kind;  ///< "trace"
    std::string title;
    std::vector<Line> lines{};
    std::vector<Fact> facts{};  ///< what the lines say
    std::vector<std::string> warnings{};
    std::vector<Table> tables{};
    std::vector<Picture> pictures{};  ///< with Options::pictures
    bool operator==(const Section&) const = default;
};

struct Report {
    std::vector<Section> sections;
    bool operator==(const Report&) const = default;
};

struct Options {
    bool frames = false;    ///< also a table of a trace's frames, which memory then holds
    bool pictures = false;  ///< for write_html; reads each trace twice
    bool explain = false;   ///< traces by plan and cluster, each with what its prediction was wrong in, instead of each
};

/// Reads any of convoy's result files: trace, plan, comparison, compression, evaluation, profile,
/// latency, cluster.
/// Several traces are also put side by side.
///
/// A trace is read frame by frame: memory does not grow with its length. One that was cut off is reported as far as it
/// goes, with a warning.
///
/// @throws Error data, for a file of another kind, or one that breaks its own rules
[[nodiscard]] Report read(std::span<const util::FileView> files, const Options& options = {});

/// The report as a document of kind `report`: a map of facts and a list of maps for each table, by their keys.
[[nodiscard]] yaml::DocumentKind report_kind();
[[nodiscard]] std::string write(const Report& report, yaml::Format format = yaml::Format::yaml);

/// The report as one page that needs nothing else: pictures are inline SVG. All text is escaped; the page is
/// well-formed XML, too. Equal reports give equal pages.
[[nodiscard]] std::string write_html(const Report& report);

/// The report's first chart of predicted and measured latency, or of curves, as one SVG file that needs nothing else.
/// Equal reports give equal files.
/// @throws Error data, when there is none
[[nodiscard]] std::string write_svg(const Report& report);

}  // namespace convoy::report
