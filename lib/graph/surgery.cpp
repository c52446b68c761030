#include "graph/surgery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <queue>

#include "util/error.hpp"

namespace convoy::graph {
namespace {

using util::Errc;
using util::Error;

using Producers = std::vector<std::optional<std::size_t>>;

/// By tensor the operator that computes it; nothing for inputs.
Producers producers_of(const Surgery& surgery) {
    Producers producers(surgery.tensors.size());
    for (std::size_t i = 0; i < surgery.operators.size(); ++i) {
        for (const TensorId output : surgery.operators[i].outputs) producers.at(index(output)) = i;
    }
    for (const TensorId input : surgery.inputs) producers.at(index(input)).reset();
    return producers;
}

/// What the outputs need, found backwards.
struct Need {
    std::vector<bool> tensors;
    std::vector<bool> operators;
};
Need need_of(const Surgery& surgery, const Producers& producers) {
    Need need{std::vector<bool>(surgery.tensors.size(), false), std::vector<bool>(surgery.operators.size(), false)};
    std::vector<TensorId> open = surgery.outputs;
    while (!open.empty()) {
        const std::size_t tensor = index(open.back());
        open.pop_back();
        need.tensors.at(tensor) = true;
        if (!producers[tensor] || need.operators[*producers[tensor]]) continue;
        need.operators[*producers[tensor]] = true;
        const Operator& op = surgery.operators[*producers[tensor]];
        open.insert(open.end(), op.inputs.begin(), op.inputs.end());
        for (const TensorId output : op.outputs) need.tensors[index(output)] = true;
    }
    return need;
}

/// Needed operators so that each comes behind what it reads; otherwise in their order (Kahn's algorithm).
std::vector<std::size_t> ordered(const Surgery& surgery, const Producers& producers, const Need& need) {
    std::vector<std::size_t> waits(surgery.operators.size(), 0);
    std::vector<std::vector<std::size_t>> readers(surgery.operators.size());
    std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
    std::size_t count = 0;
    for (std::size_t i = 0; i < surgery.operators.size(); ++i) {
        if (!need.operators[i]) continue;
        ++count;
        for (const TensorId input : surgery.operators[i].inputs) {
            if (!producers[index(input)]) continue;
            readers[*producers[index(input)]].push_back(i);
            ++waits[i];
        }
        if (waits[i] == 0) ready.push(i);
    }
    std::vector<std::size_t> order;
    while (!ready.empty()) {
        order.push_back(ready.top());
        ready.pop();
        for (const std::size_t reader : readers[order.back()]) {
            if (--waits[reader] == 0) ready.push(reader);
        }
    }
    if (order.size() != count) throw Error(Errc::data, "the operators form a circle");
    return order;
}

}  // namespace

Surgery::Surgery(const Graph& graph)
    : tensors(graph.tensors()),
      operators(graph.operators()),
      inputs(graph.inputs()),
      outputs(graph.outputs()),
      source_(graph) {}

TensorId Surgery::add_tensor(std::string name, std::vector<Index> dims) {
    const auto taken = [&] {
        return source_.find_tensor(name) ||
               std::any_of(tensors.begin(), tensors.end(), [&](const TensorInfo& info) { return info.name == name; });
    };
    while (taken()) name += "'";
    TensorInfo info;
    info.name = std::move(name);
    info.dims = std::move(dims);
    tensors.push_back(std::move(info));
    return TensorId(tensors.size() - 1);
}

std::string Surgery::fresh_name(std::string name) const {
    const auto taken = [&] {
        return source_.find_operator(name) ||
               std::any_of(operators.begin(), operators.end(), [&](const Operator& op) { return op.name == name; });
    };
    while (taken()) name += "'";
    return name;
}

Constant Surgery::constant(std::vector<Index> dims, std::vector<float> values) {
    auto memory = std::make_shared<const std::vector<float>>(std::move(values));
    Constant made{ElementType::float32, std::move(dims), std::as_bytes(std::span(*memory))};
    if (made.elements() != static_cast<Index>(memory->size())) {
        throw Error(Errc::internal, "a constant was given another number of values than its dimensions have");
    }
    storage_.push_back(std::move(memory));
    return made;
}

Graph Surgery::put_together() const {
    const Producers producers = producers_of(*this);
    const Need need = need_of(*this, producers);
    GraphBuilder builder;
    std::vector<std::optional<TensorId>> ids(tensors.size());
    const auto id_of = [&](TensorId old) {
        std::optional<TensorId>& id = ids.at(index(old));
        const TensorInfo& info = tensors[index(old)];
        if (!id) id = builder.add_tensor(info.name, info.dims, info.type);
        return *id;
    };
    for (const TensorId input : inputs) builder.add_input(id_of(input));
    for (const std::size_t i : ordered(*this, producers, need)) {
        Operator op = operators[i];
        for (TensorId& input : op.inputs) input = id_of(input);
        for (TensorId& output : op.outputs) output = id_of(output);
        builder.add_operator(std::move(op));
    }
    for (const TensorId output : outputs) builder.add_output(id_of(output));
    builder.keep(std::make_shared<const Graph>(source_));
    for (const auto& memory : storage_) builder.keep(memory);
    builder.set_source(source_.file(), {});
    return builder.finish();
}

Graph part_between(const Graph& graph, const std::vector<TensorId>& given, const std::vector<TensorId>& wanted) {
    Surgery part(graph);
    part.inputs = given;
    part.outputs = wanted;
    const Need need = need_of(part, producers_of(part));
    std::erase_if(part.inputs, [&](TensorId input) { return !need.tensors[index(input)]; });
    for (const TensorId input : graph.inputs()) {
        const bool missing = std::find(given.begin(), given.end(), input) == given.end();
        if (need.tensors[index(input)] && missing) {
            throw Error(Errc::data,
                        fmt::format("this part of the model also needs its input '{}'", graph.tensor(input).name));
        }
    }
    return part.put_together();
}

}  // namespace convoy::graph
