#include <catch2/catch.hpp>

#include <algorithm>
#include <vector>

#include "report/charts.hpp"
#include "report/markup.hpp"
#include "report/report.hpp"
#include "traces.hpp"

using namespace convoy;

namespace {

std::string page_of(const std::string& text) {
    const util::FileView file = test::as_file(text);
    return report::write_html(report::read({&file, 1}, {.pictures = true}));
}

/// The first thing in a page that is not well-formed, in the sense of XML; empty when all is.
std::string flaw(const std::string& page) {
    std::vector<std::string> open;
    for (std::size_t at = 0; at < page.size();) {
        if (page[at] == '&') {
            const std::string entity = page.substr(at, page.find(';', at) - at + 1);
            const std::vector<std::string> known{"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
            if (std::find(known.begin(), known.end(), entity) == known.end()) return "entity at " + page.substr(at, 20);
        }
        if (page[at] == '>') return "a lone > at " + page.substr(at, 20);
        if (page[at] != '<') {
            ++at;
            continue;
        }
        const std::size_t end = page.find('>', at);
        if (end == std::string::npos) return "a tag without end";
        const std::string tag = page.substr(at + 1, end - at - 1);
        const std::string name = tag.substr(0, tag.find_first_of(" \n/", 1));
        if (std::count(tag.begin(), tag.end(), '"') % 2 != 0) return "quotes of " + tag;
        at = end + 1;
        if (tag[0] == '!' || tag.back() == '/') continue;
        if (tag[0] == '/') {
            if (open.empty() || open.back() != tag.substr(1)) return "end of " + tag;
            open.pop_back();
            continue;
        }
        open.push_back(name);
        if (name == "style") at = page.find("</style>", at);
    }
    return open.empty() ? "" : "no end of " + open.back();
}

std::size_t occurrences(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
    return count;
}

/// Spans of a thousandth each, one behind the other, on `devices` devices; each sends to each other one.
report::FrameChart busy_chart(std::uint32_t devices, int spans) {
    report::FrameChart chart{.title = "busy", .devices = {}, .stages = {"one"}, .predicted = {}, .measured = {}};
    samples::Timeline timeline{util::Seconds(spans * 1e-3), {}, {}};
    for (std::uint32_t device = 0; device < devices; ++device) {
        chart.devices.push_back("device-" + std::to_string(device));
        for (int i = 0; i < spans; ++i) {
            timeline.spans.push_back(
                {device, i, 0, samples::Activity::compute, util::Seconds(i * 1e-3), util::Seconds(i * 1e-3 + 0.9e-3)});
        }
        for (std::uint32_t to = 0; to < devices; ++to) {
            if (to == device) continue;
            timeline.transfers.push_back(
                {device, to, 0, 0, "t", util::Bytes(10), util::Seconds(0), util::Seconds(1e-3)});
        }
    }
    chart.predicted = chart.measured = timeline;
    return chart;
}

}  // namespace

TEST_CASE("report: the page of a run is well-formed and needs nothing but itself", "[report]") {
    const std::string page = page_of(test::run_trace(3));
    CHECK(flaw(page) == "");
    CHECK(page == page_of(test::run_trace(3)));
    CHECK_THAT(page, Catch::Contains("predicted 20.0 ms, measured 24.0 ms (+20 %)"));
    CHECK_THAT(page, Catch::Contains("prefers-color-scheme: dark"));
    CHECK_THAT(page, Catch::Contains("Frame 0: the median of 3 frames"));
    for (const char* part : {"src=", "@import", "url(", "<script", "<link"}) CHECK(occurrences(page, part) == 0);
    CHECK(occurrences(page, "http") == occurrences(page, "http://www.w3.org/2000/svg"));
}

TEST_CASE("report: hostile names stay text in the page", "[report]") {
    const std::string evil = "</title><script>alert('1')</script>&\"\x01\xC3(\xEF\xBF\xBF";
    const std::string safe =
        "&lt;/title&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;\xEF\xBF\xBD\xEF\xBF\xBD(\xEF\xBF\xBD";
    CHECK(report::detail::escaped(evil) == safe);
    CHECK(report::detail::escaped("Gr\xC3\xBC\xC3\x9F"
                                  "e, \xF0\x9F\x98\x80") ==
          "Gr\xC3\xBC\xC3\x9F"
          "e, \xF0\x9F\x98\x80");
    CHECK(report::detail::escaped("\xED\xA0\x80\xC0\xAF") ==
          "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");

    report::Section section{.file = evil, .kind = evil, .title = evil};
    section.lines = {{evil, evil}};
    section.warnings = {evil};
    section.tables = {{.key = "t", .title = evil, .columns = {{"c", evil}}, .rows = {{evil}}, .notes = {evil}}};
    report::FrameChart chart = busy_chart(2, 3);
    chart.title = chart.stages[0] = chart.devices[1] = evil;
    chart.measured->transfers[0].tensor = evil;
    section.pictures = {chart, report::BarChart{evil, {{evil, util::Seconds(1)}}, {{evil, util::Seconds(2)}}}};
    const std::string page = report::write_html({{section, section}});
    CHECK(flaw(page) == "");
    CHECK(occurrences(page, "<script") == 0);
    CHECK(occurrences(page, safe) >= 10);
}

TEST_CASE("report: a chart's size does not grow with its spans", "[report]") {
    const std::string some = report::detail::frame_svg(busy_chart(10, 20));
    CHECK(flaw(some) == "");
    CHECK(occurrences(some, "class=\"compute") == 2 * 10 * 20);
    CHECK(occurrences(some, "to others") >= 10);  // 90 links are drawn by sender
    const std::string many = report::detail::frame_svg(busy_chart(2, 20'000));
    CHECK(flaw(many) == "");
    CHECK(occurrences(many, "class=\"compute") < 2 * 2 * 1000);
    CHECK_THAT(many, Catch::Contains(" short ones\n"));
    CHECK(many.size() < 2'000'000);
}

TEST_CASE("report: links between few devices have a lane each", "[report]") {
    const std::string svg = report::detail::frame_svg(busy_chart(3, 2));
    CHECK(occurrences(svg, "<text class=\"link\"") == 6);
    CHECK_THAT(svg, Catch::Contains(">device-0 to device-2<"));
    CHECK_THAT(svg, Catch::Contains("t of one (stage 0), 10 B from device-0 to device-2\nmeasured 1.00 ms: "));
}

TEST_CASE("report: an axis has round marks in a unit that fits", "[report]") {
    const auto marks = [](double longest) {
        const report::detail::Axis axis = report::detail::time_axis(longest, 10);
        std::string text = axis.unit;
        for (const auto& tick : axis.ticks) text += " " + tick.text;
        return text;
    };
    CHECK(marks(0.0241) == "ms 0 5 10 15 20");
    CHECK(marks(0.0009) == "us 0 100 200 300 400 500 600 700 800 900");
    CHECK(marks(0.0021) == "ms 0.0 0.5 1.0 1.5 2.0");
    CHECK(marks(70) == "s 0 10 20 30 40 50 60 70");
    CHECK(marks(0) == "us 0.0000 0.0001 0.0002 0.0003 0.0004 0.0005 0.0006 0.0007 0.0008 0.0009 0.0010");
}

TEST_CASE("report: the latencies of a long run are joined to few points", "[report]") {
    const samples::TraceHeader header = test::run_header();
    std::string text = trace_document(header);
    for (std::uint64_t i = 0; i < 1500; ++i)
        text += trace_document(test::run_frame(i, i == 777 ? 3 : 1), header.devices);
    const util::FileView file = test::as_file(text);
    const report::Report report = report::read({&file, 1}, {.pictures = true});
    const auto& pictures = report.sections.at(0).pictures;
    REQUIRE(pictures.size() == 3);  // the median, which is also the fastest, the slowest, and the curve
    CHECK(std::get<report::FrameChart>(pictures[1]).title == "Frame 777: the slowest");
    const auto& curve = std::get<report::LatencyChart>(pictures.back());
    std::uint64_t frames = 0;
    util::Seconds most{};
    for (const auto& point : curve.points) {
        frames += point.count;
        most = std::max(most, point.most);
    }
    CHECK(curve.points.size() <= 360);
    CHECK(frames == 1500);
    CHECK(most == util::Seconds(0.06));
}

TEST_CASE("report: plans, comparisons and everything else become pages, too", "[report]") {
    CHECK(flaw(report::write_html({})) == "");
    const util::FileView plan = util::FileView::open(CONVOY_TEST_DATA "/../tools/report/data/plan.yaml");
    const util::FileView comparison =
        util::FileView::open(CONVOY_TEST_DATA "/../tools/report/data/vgg16.comparison.yaml");
    const std::vector<util::FileView> files{plan, comparison};
    const std::string page = report::write_html(report::read(files, {.pictures = true}));
    CHECK(flaw(page) == "");
    CHECK(occurrences(page, "<svg class=\"chart\"") == 2);
    CHECK_THAT(page, Catch::Contains("no plan below"));
}
