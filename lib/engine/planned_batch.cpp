#include "engine/planned_batch.hpp"

#include <algorithm>

#include "engine/slices.hpp"
#include "engine/sweep.hpp"

namespace convoy::engine {

namespace {

/// So much more of the time than for slices is for the model and its operators.
constexpr double kWholeWeight = 3;
constexpr util::Bytes kMostInABatch{std::int64_t{512} << 20};

/// Works in batches whose tensors are in memory together: a large model is passed through in parts.
std::vector<std::vector<graph::Work>> parts_of(const graph::Graph& graph, std::vector<graph::Work> works) {
    std::vector<std::vector<graph::Work>> parts(1);
    util::Bytes sum;
    for (graph::Work& work : works) {
        const util::Bytes memory = TimedPiece::memory(graph, work);
        if (!parts.back().empty() && sum + memory > kMostInABatch) {
            parts.emplace_back();
            sum = {};
        }
        sum += memory;
        parts.back().push_back(std::move(work));
    }
    return parts;
}

graph::Graph tiny_model() {
    graph::GraphBuilder builder;
    graph::Operator relu;
    relu.name = kOverhead;
    relu.kind = graph::Kind::relu;
    relu.onnx_type = "Relu";
    relu.inputs = {builder.add_tensor("x", {1, 1, 1, 1})};
    relu.outputs = {builder.add_tensor("y", {1, 1, 1, 1})};
    builder.add_input(relu.inputs[0]);
    builder.add_output(relu.outputs[0]);
    builder.add_operator(std::move(relu));
    return builder.finish();
}

Batch with_overheads(Batch batch) {
    constexpr std::size_t kCount = 3;
    batch.layers.push_back(std::make_unique<graph::Graph>(tiny_model()));
    batch.weights.push_back(std::make_unique<Weights>(*batch.layers.back()));
    for (std::size_t i = 1; i <= kCount; ++i) {
        batch.add(whole_work(*batch.layers.back(), graph::OperatorId{0}), batch.weights.size() - 1);
        const auto place = static_cast<std::ptrdiff_t>(batch.targets.size() * i / (kCount + 1));
        std::rotate(batch.targets.begin() + place, batch.targets.end() - 1, batch.targets.end());
    }
    return batch;
}

void plan_model(const graph::Graph& model, std::vector<PlannedBatch>& batches) {
    std::vector<std::vector<graph::Work>> rounds = rounds_to_time(model);
    for (std::size_t round = 0; round < rounds.size(); ++round) {
        for (std::vector<graph::Work>& works : parts_of(model, std::move(rounds[round]))) {
            PlannedBatch batch;
            batch.weight = round == 0 ? kWholeWeight : 1;
            batch.whole_model = batches.empty();
            batch.repeats = round == 0;
            batch.estimate = works.size();
            batch.open = [&model, works = std::move(works)] { return batch_of(model, works); };
            batches.push_back(std::move(batch));
        }
    }
}

}  // namespace

std::vector<PlannedBatch> plan_batches(const graph::Graph* model, const std::optional<samples::Sweep>& sweep,
                                       std::size_t conditions) {
    std::vector<PlannedBatch> batches;
    if (model) plan_model(*model, batches);
    for (std::int64_t number = 0; sweep && number < sweep->layers; ++number) {
        PlannedBatch batch;
        batch.estimate = 2 * layer_families().size();  // most have a slice, too
        batch.open = [seed = sweep->seed, number] { return batch_of(seed, number); };
        batches.push_back(std::move(batch));
    }
    if (!batches.empty()) batches.front().open = [open = batches.front().open] { return with_overheads(open()); };
    for (PlannedBatch& batch : batches) {
        batch.records.resize(conditions);
        batch.model.resize(conditions);
        batch.done.resize(conditions);
    }
    return batches;
}

}  // namespace convoy::engine
