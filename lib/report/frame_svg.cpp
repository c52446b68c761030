#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "report/charts.hpp"
#include "report/markup.hpp"
#include "report/shown.hpp"

namespace convoy::report::detail {
namespace {

using samples::Activity;
using samples::Timeline;

constexpr double kWidth = 1100;
constexpr double kLeft = 148;  ///< names of lanes
constexpr double kRight = 14;  ///< the last tick's text
constexpr double kHead = 40;   ///< names of the latencies
constexpr double kFoot = 26;   ///< ticks
constexpr double kDeviceRow = 17;
constexpr double kLinkRow = 8;
constexpr double kSeen = 0.8;     ///< a bar that is narrower can hardly be seen or pointed at
constexpr double kNarrowest = 1;  ///< as bars are drawn
constexpr double kLetter = 6.3;   ///< width of one, on average
constexpr std::size_t kMostLinks = 24;

/// What one rectangle shows.
struct Bar {
    double begin = 0;  ///< seconds
    double end = 0;
    std::int32_t stage = 0;
    std::string_view kind;  ///< class: "compute", "wait", "send" or "message"
    std::string title{};
    std::string label{};    ///< inside, where there is room
    std::size_t count = 1;  ///< that are drawn together
};

struct Row {
    bool predicted = false;
    std::vector<Bar> bars{};
};

struct Lane {
    std::string name;
    bool link = false;
    std::vector<Row> rows{};
};

std::string span_text(double begin, double end) {
    return fmt::format("{}: {} to {}", time_text(util::Seconds(end - begin)), time_text(util::Seconds(begin)),
                       time_text(util::Seconds(end)));
}

/// Lanes of a chart, filled with its timelines.
class Lanes {
  public:
    explicit Lanes(const FrameChart& chart) : chart_(chart) {
        const std::size_t rows = (chart.predicted ? 1 : 0) + (chart.measured ? 1 : 0);
        for (const std::string& device : chart.devices) lanes_.push_back({device, false, std::vector<Row>(rows)});
        add_links(rows);
        for (Lane& lane : lanes_) {
            if (chart.predicted) lane.rows.front().predicted = true;
        }
        if (chart.predicted) fill(*chart.predicted, 0, "predicted");
        if (chart.measured) fill(*chart.measured, rows - 1, "measured");
        for (Lane& lane : lanes_) {
            for (Row& row : lane.rows) {
                std::stable_sort(row.bars.begin(), row.bars.end(),
                                 [](const Bar& a, const Bar& b) { return a.begin < b.begin; });
            }
        }
    }

    [[nodiscard]] const std::vector<Lane>& lanes() const { return lanes_; }

  private:
    /// One lane for each direction of each pair of devices; of many one for each sender.
    void add_links(std::size_t rows) {
        std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> pairs;
        for (const auto* timeline : {&chart_.predicted, &chart_.measured}) {
            if (!*timeline) continue;
            for (const samples::Transfer& transfer : (*timeline)->transfers) pairs[{transfer.from, transfer.to}] = 0;
        }
        std::map<std::uint32_t, std::size_t> of_sender;
        for (auto& [pair, lane] : pairs) {
            const std::string& from = chart_.devices.at(pair.first);
            if (pairs.size() <= kMostLinks) {
                lane = lanes_.size();
                lanes_.push_back(
                    {fmt::format("{} to {}", from, chart_.devices.at(pair.second)), true, std::vector<Row>(rows)});
                continue;
            }
            const auto [known, added] = of_sender.emplace(pair.first, lanes_.size());
            if (added) lanes_.push_back({fmt::format("{} to others", from), true, std::vector<Row>(rows)});
            lane = known->second;
        }
        links_ = std::move(pairs);
    }

    [[nodiscard]] std::string stage_name(std::int32_t stage) const {
        if (stage < 0) return "graph inputs";
        const auto at = static_cast<std::size_t>(stage);
        const bool known = at < chart_.stages.size() && !chart_.stages[at].empty();
        return known ? fmt::format("{} (stage {})", chart_.stages[at], stage) : fmt::format("stage {}", stage);
    }

    void fill(const Timeline& timeline, std::size_t row, const char* what) {
        for (const samples::Span& span : timeline.spans) {
            Bar bar{span.begin.count(), span.end.count(), span.stage, to_string(span.activity)};
            bar.title = fmt::format("{}: {}, {}, piece {}\n{} {}", chart_.devices.at(span.device), bar.kind,
                                    stage_name(span.stage), span.piece, what, span_text(bar.begin, bar.end));
            if (span.activity == Activity::compute) bar.label = label_of(span.stage);
            lanes_[span.device].rows[row].bars.push_back(std::move(bar));
        }
        for (const samples::Transfer& transfer : timeline.transfers) {
            Bar bar{transfer.begin.count(), transfer.end.count(), transfer.stage, "message"};
            bar.title = fmt::format("{} of {}, {} from {} to {}\n{} {}", transfer.tensor, stage_name(transfer.stage),
                                    bytes_text(transfer.bytes), chart_.devices.at(transfer.from),
                                    chart_.devices.at(transfer.to), what, span_text(bar.begin, bar.end));
            lanes_[links_.at({transfer.from, transfer.to})].rows[row].bars.push_back(std::move(bar));
        }
    }

    [[nodiscard]] std::string label_of(std::int32_t stage) const {
        const auto at = static_cast<std::size_t>(std::max(stage, 0));
        return stage >= 0 && at < chart_.stages.size() ? chart_.stages[at] : "";
    }

    const FrameChart& chart_;
    std::vector<Lane> lanes_;
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> links_;  ///< to the lane
};

/// Draws neighbours that cannot be told apart as one.
std::vector<Bar> merged(const std::vector<Bar>& bars, double pixels_per_second) {
    std::vector<Bar> result;
    const double seen = kSeen / pixels_per_second;
    for (const Bar& bar : bars) {
        const bool tiny = bar.end - bar.begin < seen;
        if (tiny && !result.empty()) {
            Bar& last = result.back();
            const bool grows = last.count > 1 || last.end - last.begin < seen;
            if (grows && last.kind == bar.kind && bar.begin - last.end < seen && bar.end - last.begin < 4 * seen) {
                ++last.count;
                last.end = std::max(last.end, bar.end);
                last.title = fmt::format("{} short ones\n{}", last.count, span_text(last.begin, last.end));
                last.label.clear();
                continue;
            }
        }
        result.push_back(bar);
    }
    return result;
}

class Drawing {
  public:
    explicit Drawing(const FrameChart& chart) : chart_(chart), lanes_(chart) {
        for (const auto* timeline : {&chart.predicted, &chart.measured}) {
            if (!*timeline) continue;
            longest_ = std::max(longest_, (*timeline)->latency.count());
            for (const samples::Span& span : (*timeline)->spans) longest_ = std::max(longest_, span.end.count());
            for (const samples::Transfer& each : (*timeline)->transfers)
                longest_ = std::max(longest_, each.end.count());
        }
        longest_ = std::max(longest_, 1e-9);
    }

    std::string svg() {
        std::string grounds;
        std::string lanes;
        double y = kHead;
        bool links = false;
        for (const Lane& lane : lanes_.lanes()) {
            if (lane.link && !links) y += 8;
            links = links || lane.link;
            grounds += ground(lane, y);
            y = draw_lane(lane, y, lanes);
        }
        const double height = y + kFoot;
        return fmt::format(
                   "<svg class=\"chart\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\" "
                   "xmlns=\"http://www.w3.org/2000/svg\">\n",
                   kWidth, coordinate(height), escaped("timeline: " + chart_.title)) +
               grounds + grid(y) + lanes + latencies(y) + "</svg>\n";
    }

  private:
    [[nodiscard]] double scale() const { return (kWidth - kLeft - kRight) / longest_; }
    [[nodiscard]] double x(double seconds) const { return kLeft + seconds * scale(); }

    [[nodiscard]] std::string grid(double bottom) const {
        std::string svg;
        const Axis axis = time_axis(longest_, 12);
        for (std::size_t i = 0; i < axis.ticks.size(); ++i) {
            const Axis::Tick& tick = axis.ticks[i];
            const std::string at = coordinate(x(tick.at));
            const std::string text = i == 0 ? tick.text + " " + axis.unit : tick.text;
            svg += fmt::format("<line class=\"grid\" x1=\"{0}\" x2=\"{0}\" y1=\"{1}\" y2=\"{2}\"/>", at, kHead - 4,
                               coordinate(bottom + 4));
            svg += fmt::format("<text class=\"tick\" x=\"{}\" y=\"{}\">{}</text>\n", at, coordinate(bottom + 18), text);
        }
        return svg;
    }

    static double row_height(const Lane& lane) { return lane.link ? kLinkRow : kDeviceRow; }

    /// What is behind a lane's bars, and its name.
    static std::string ground(const Lane& lane, double y) {
        const double height = row_height(lane) * static_cast<double>(lane.rows.size());
        return fmt::format("<rect class=\"lane\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"3\"/>", kLeft,
                           coordinate(y - 2), coordinate(kWidth - kLeft - kRight), coordinate(height + 4)) +
               fmt::format("<text class=\"{}\" x=\"{}\" y=\"{}\">{}</text>\n", lane.link ? "link" : "device",
                           kLeft - 10, coordinate(y + height / 2 + 4), escaped(shortened(lane.name, 21)));
    }

    double draw_lane(const Lane& lane, double y, std::string& svg) const {
        for (const Row& row : lane.rows) {
            svg += fmt::format("<g class=\"{}\">\n", row.predicted ? "predicted" : "measured");
            for (const Bar& bar : merged(row.bars, scale())) draw_bar(bar, y, row_height(lane), svg);
            svg += "</g>\n";
            y += row_height(lane);
        }
        return y + (lane.link ? 6 : 10);
    }

    /// Names of lanes are cut where they would run out of the picture.
    static std::string shortened(const std::string& name, std::size_t most) {
        if (name.size() <= most) return name;
        std::size_t end = most - 2;
        while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;
        return name.substr(0, end) + "..";
    }

    void draw_bar(const Bar& bar, double y, double height, std::string& svg) const {
        const bool wait = bar.kind == "wait";
        const double inset = wait ? (height - 2) / 2 : 1;
        const double width = std::max((bar.end - bar.begin) * scale(), kNarrowest);
        svg +=
            fmt::format("<rect class=\"{} {}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><title>{}</title></rect>",
                        bar.kind, stage_class(bar.stage), coordinate(x(bar.begin)), coordinate(y + inset),
                        coordinate(width), coordinate(height - 2 * inset), escaped(bar.title));
        std::string label = bar.label;
        if (width < kLetter * static_cast<double>(label.size()) + 8) label = bar.label.empty() ? "" : number_of(bar);
        if (!label.empty() && width >= kLetter * static_cast<double>(label.size()) + 8) {
            svg += fmt::format("<text class=\"inside\" x=\"{}\" y=\"{}\">{}</text>",
                               coordinate(x(bar.begin) + width / 2), coordinate(y + height / 2 + 3.5), escaped(label));
        }
        svg += "\n";
    }

    static std::string number_of(const Bar& bar) { return fmt::format("{}", bar.stage); }

    /// Lines where the frame ends, named above the lanes.
    [[nodiscard]] std::string latencies(double bottom) const {
        std::string svg;
        double y = 14;
        for (const auto& [timeline, name] :
             {std::pair{&chart_.predicted, "predicted"}, {&chart_.measured, "measured"}}) {
            if (!*timeline) continue;
            const double seconds = (*timeline)->latency.count();
            const std::string at = coordinate(x(seconds));
            const bool left = seconds > longest_ / 2;
            svg += fmt::format("<line class=\"end {0}\" x1=\"{1}\" x2=\"{1}\" y1=\"{2}\" y2=\"{3}\"/>", name, at,
                               coordinate(y - 9), coordinate(bottom + 4));
            svg += fmt::format("<text class=\"end\" x=\"{}\" y=\"{}\" text-anchor=\"{}\">{} {}</text>\n",
                               coordinate(x(seconds) + (left ? -5 : 5)), coordinate(y), left ? "end" : "start", name,
                               time_text((*timeline)->latency));
            y += 16;
        }
        return svg;
    }

    const FrameChart& chart_;
    Lanes lanes_;
    double longest_ = 0;
};

}  // namespace

std::string frame_svg(const FrameChart& chart) { return Drawing(chart).svg(); }

}  // namespace convoy::report::detail
