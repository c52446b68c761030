#include <catch2/catch.hpp>

#include <map>

#include "cost/bound.hpp"
#include "graph/onnx.hpp"
#include "partition/documents.hpp"
#include "support/synthetic.hpp"
#include "zoo/models.hpp"

using namespace convoy;

namespace {

graph::Graph read(const std::string& name) {
    if (name == "digits") {
        return graph::read_onnx(util::FileView::open(CONVOY_TEST_DATA "/../../examples/models/digits.onnx"));
    }
    std::string bytes;
    zoo::model(name).build().write(1, [&](std::string_view part) { bytes += part; });
    return graph::read_onnx(util::FileView::from_bytes(std::move(bytes), name + ".onnx"));
}

/// Four devices like Raspberry Pis on a good Ethernet: all strategies compared, the plan of `rows` written and read.
void check_model(const std::string& name) {
    INFO(name);
    const graph::Graph graph = read(name);
    const cluster::Link link{util::from_mbit_per_s(940), util::from_milliseconds(0.1), {}};
    const latency::Bed bed = test::bed({4e9, 4e9, 2e9, 4e9}, link);
    cost::Predictor predictor(graph, bed);
    const partition::Problem problem{.graph = graph, .bed = bed, .predictor = predictor};
    const partition::Files files{"models/m.onnx", "cluster.yaml", "plans/p.yaml"};

    const cost::Comparison comparison = partition::compare(problem, files, partition::all_choices());
    REQUIRE(comparison.strategies.size() == partition::strategies().size());
    std::map<std::string, cost::ComparisonRow> by_name;
    for (const cost::ComparisonRow& row : comparison.strategies) by_name[row.strategy] = row;
    const cost::ComparisonRow& rows = by_name.at("rows");
    for (const cost::ComparisonRow& row : comparison.strategies) {
        CHECK(row.ratio_to_bound >= 1 - 1e-9);
        CHECK(row.latency >= by_name.at("auto").latency);
    }
    CHECK(by_name.at("layerwise").ratio_to_best_device <= 1);
    const bool tiny = name == "digits" || name == "lenet5";
    CHECK(rows.ratio_to_best_device < (tiny ? 3 : 0.6));

    const partition::Proposal proposal = evaluate(problem, partition::strategy("rows").make(problem));
    const std::vector<double> shares = partition::compute_shares(proposal.prediction);
    CHECK(std::count_if(shares.begin(), shares.end(), [](double share) { return share >= 0.2; }) >= 2);
    const plan::PlanDocument written = document(problem, files, "rows", proposal);
    CHECK(written.inputs.model->file == "../models/m.onnx");
    CHECK(written.inputs.model->sha256 == graph.sha256());
    const std::string text = plan::write_plan(written, graph);
    const plan::PlanDocument again = plan::read_plan(util::FileView::from_bytes(text, "p.yaml"), graph);
    CHECK(again.plan == proposal.plan);
    CHECK(again.inputs == written.inputs);
}

}  // namespace

TEST_CASE("partition: rows shares small models, and gains on mobilenet_v2", "[partition]") {
    for (const char* name : {"digits", "lenet5", "mobilenet_v2"}) check_model(name);
}

TEST_CASE("partition: rows gains on resnet18 and vgg16", "[partition][long]") {
    for (const char* name : {"resnet18", "vgg16"}) check_model(name);
}
