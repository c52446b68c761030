#include "runtime/frame_state.hpp"

#include <fmt/format.h>

#include <cassert>

#include "util/clock.hpp"
#include "wire/codec.hpp"

namespace convoy::runtime {

using plan::index;

void MemoryMeter::add(util::Bytes amount) noexcept {
    const std::int64_t now = now_ += amount.value;
    std::int64_t peak = peak_;
    while (now > peak && !peak_.compare_exchange_weak(peak, now)) {
    }
}

RoutePart::RoutePart(engine::Weights& weights, const plan::Route& route, const plan::Program& program)
    : graph_(&weights.graph()), program_(&program), shards_(program.steps.size()) {
    for (std::size_t i = 0; i < program.steps.size(); ++i)
        if (const auto* run = std::get_if<plan::Run>(&program.steps[i])) shards_[i].emplace(weights, *run);
    for (std::size_t i = 0; i < route.stages.size(); ++i)
        for (const graph::OperatorId op : route.stages[i].operators) stage_of_[op] = plan::StageId(i);
    for (std::size_t i = 0; i < program.messages.size(); ++i) {
        const plan::Message& message = program.messages[i];
        if (message.receiver == program.device)
            incoming_.emplace(Key{message.stage, message.piece, message.tensor, message.sender}, i);
    }
}

std::size_t RoutePart::incoming(const Executor::Arrival& arrival) const {
    const auto found = incoming_.find(Key{arrival.stage, arrival.piece, arrival.tensor, arrival.sender});
    if (found == incoming_.end())
        throw util::Error(util::Errc::protocol,
                          fmt::format("a message arrived that the plan does not know: stage {}, piece {}, tensor {}",
                                      static_cast<std::uint32_t>(arrival.stage), arrival.piece, index(arrival.tensor)));
    return found->second;
}

FrameState::FrameState(std::uint64_t number, RoutePart& route, MemoryMeter& memory)
    : route_(route),
      memory_(memory),
      has_inputs_(route.program().inputs.empty()),
      idle_since_(util::now()),
      buffers_(route.program().buffers.size()),
      arrived_(route.program().messages.size()),
      seen_(route.program().messages.size()) {
    record_.frame = number;
    record_.begin = idle_since_;
}

FrameState::~FrameState() {
    for (std::size_t i = 0; i < buffers_.size(); ++i) release(plan::BufferId(i));
    for (const auto& arrived : arrived_)
        if (arrived) memory_.remove(util::Bytes(static_cast<std::int64_t>(arrived->payload.bytes.size())));
}

void FrameState::take_inputs(std::vector<graph::Tensor> inputs) {
    const auto& sources = route_.program().inputs;
    assert(inputs.size() == sources.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) store(sources[i].buffer, std::move(inputs[i]));
    has_inputs_ = true;
    idle_since_ = record_.begin = util::now();
}

void FrameState::take_message(const Executor::Arrival& arrival, util::SharedBytes payload) {
    const std::size_t message = route_.incoming(arrival);
    const plan::Message& expected = route_.program().messages[message];
    if (static_cast<std::int64_t>(payload.bytes.size()) != expected.payload.value)
        throw util::Error(util::Errc::protocol,
                          fmt::format("a message of frame {} has {} bytes instead of {}", arrival.frame,
                                      payload.bytes.size(), expected.payload.value));
    if (seen_[message])
        throw util::Error(util::Errc::protocol, fmt::format("a message of frame {} came twice", arrival.frame));
    seen_[message] = true;
    memory_.add(expected.payload);
    arrived_[message] = Arrived{std::move(payload), util::now()};
}

bool FrameState::ready() const {
    if (!has_inputs_) return false;
    if (finished()) return true;
    const auto* receive = std::get_if<plan::Receive>(&route_.program().steps[next_]);
    return !receive || arrived_[receive->message].has_value();
}

void FrameState::execute(const Tools& tools) {
    const plan::Step& step = route_.program().steps[next_];
    if (const auto* receive = std::get_if<plan::Receive>(&step)) perform(*receive, tools.arrivals);
    if (const auto* reduce = std::get_if<plan::Reduce>(&step)) perform(*reduce, tools);
    if (const auto* run = std::get_if<plan::Run>(&step)) perform(*run, tools.stretch);
    if (const auto* message = std::get_if<plan::Send>(&step)) perform(*message, tools.send);
    if (const auto* free = std::get_if<plan::Free>(&step)) perform(*free);
    idle_since_ = util::now();
    const std::lock_guard lock(tools.arrivals);
    ++next_;
}

FinishedFrame FrameState::finish() {
    const plan::Program& program = route_.program();
    FinishedFrame finished;
    for (const plan::Program::Result& result : program.results) {
        const plan::Buffer& first = program.buffers[index(result.from.front())];
        graph::Tensor whole({route_.graph().tensor(result.tensor).full}, first.element_bytes);
        for (const graph::TensorView& part : views(result.from)) graph::copy(part, whole.view());
        finished.outputs.push_back(std::move(whole));
    }
    record_.end = util::now();
    finished.record = std::move(record_);
    return finished;
}

void FrameState::perform(const plan::Receive& step, std::mutex& arrivals) {
    const plan::Program& program = route_.program();
    const plan::Message& message = program.messages[step.message];
    note(Span::Kind::wait, message.stage, message.piece, idle_since_);
    Arrived arrived;
    {
        const std::lock_guard lock(arrivals);
        arrived = std::move(*arrived_[step.message]);
        arrived_[step.message].reset();
    }
    memory_.remove(message.payload);
    record_.passages.push_back({static_cast<std::uint32_t>(step.message), arrived.at});
    const graph::Index element_bytes = program.buffers[index(step.into)].element_bytes;
    if (message.codec == wire::Codec::fp32) {
        store(step.into, graph::Tensor(message.boxes, std::move(arrived.payload), element_bytes));
        return;
    }
    graph::Tensor decoded(message.boxes, element_bytes);
    wire::decode(message.codec, arrived.payload.bytes, decoded.view());
    store(step.into, std::move(decoded));
}

void FrameState::perform(const plan::Reduce& step, const Tools& tools) {
    const util::Seconds begin = util::now();
    const util::Seconds waited = tools.stretch.run([&] {
        const plan::Buffer& buffer = route_.program().buffers[index(step.into)];
        graph::Tensor sum(buffer.boxes, buffer.element_bytes);
        engine::reduce(tools.weights, step.op, views(step.addends), sum.view());
        store(step.into, std::move(sum));
    });
    note(Span::Kind::reduce, route_.stage_of(step.op), 0, begin, waited);
}

void FrameState::perform(const plan::Run& step, Stretch& stretch) {
    const util::Seconds begin = util::now();
    const util::Seconds waited = stretch.run([&] { compute(step); });
    note(Span::Kind::compute, step.stage, step.piece, begin, waited);
}

void FrameState::compute(const plan::Run& step) {
    std::vector<std::vector<graph::TensorView>> inputs;
    for (const plan::Run::Input& input : step.inputs) inputs.push_back(views(input.from));
    std::vector<graph::Tensor> outputs;
    std::vector<graph::TensorView> output_views;
    outputs.reserve(step.outputs.size());  // views point at the tensors' boxes
    for (const plan::Run::Output& output : step.outputs) {
        const plan::Buffer& buffer = route_.program().buffers[index(output.into)];
        outputs.emplace_back(buffer.boxes, buffer.element_bytes);
        output_views.push_back(outputs.back().view());
    }
    route_.shard(next_).run(inputs, output_views);
    for (std::size_t i = 0; i < outputs.size(); ++i) store(step.outputs[i].into, std::move(outputs[i]));
}

void FrameState::perform(const plan::Send& step, const SendHook& send) {
    const util::Seconds begin = util::now();
    const plan::Program& program = route_.program();
    const plan::Message& message = program.messages[step.message];
    const graph::Index element_bytes = program.buffers[index(step.from.front())].element_bytes;
    util::SharedBytes payload;
    if (message.codec == wire::Codec::fp32) {
        payload = util::SharedBytes(util::AlignedBytes(static_cast<std::size_t>(message.payload.value)));
        const graph::TensorView packed(message.boxes, payload.bytes.data(), element_bytes);
        for (const graph::TensorView& part : views(step.from)) graph::copy(part, packed);
    } else {
        const graph::Tensor packed(message.boxes, element_bytes);
        for (const graph::TensorView& part : views(step.from)) graph::copy(part, packed.view());
        payload = util::SharedBytes(wire::encode(message.codec, packed.view()));
    }
    record_.passages.push_back({static_cast<std::uint32_t>(step.message), util::now()});
    send(record_.frame, message, std::move(payload));
    note(Span::Kind::send, message.stage, message.piece, begin);
}

void FrameState::perform(const plan::Free& step) { release(step.buffer); }

std::vector<graph::TensorView> FrameState::views(const std::vector<plan::BufferId>& buffers) const {
    std::vector<graph::TensorView> result;
    result.reserve(buffers.size());
    for (const plan::BufferId id : buffers) result.push_back(buffers_[index(id)].value().view());
    return result;
}

void FrameState::store(plan::BufferId id, graph::Tensor tensor) {
    memory_.add(tensor.view().bytes());
    buffers_[index(id)] = std::move(tensor);
}

void FrameState::release(plan::BufferId id) {
    std::optional<graph::Tensor>& buffer = buffers_[index(id)];
    if (!buffer) return;
    memory_.remove(buffer->view().bytes());
    buffer.reset();
}

void FrameState::note(Span::Kind kind, plan::StageId stage, std::uint32_t piece, util::Seconds begin,
                      util::Seconds waited) {
    const util::Seconds end = util::now();
    if (kind == Span::Kind::compute || kind == Span::Kind::reduce) record_.compute += end - begin;
    record_.spans.push_back({kind, stage, piece, begin, end, waited});
}

}  // namespace convoy::runtime
