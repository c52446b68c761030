#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "support/naive_operators.hpp"
#include "support/program_executor.hpp"

namespace convoy::test {
namespace {

using graph::Axis;
using graph::Box;
using graph::Index;
using graph::OperatorId;
using graph::TensorId;
using plan::BufferId;
using plan::DeviceId;
using plan::Program;

template <class Visit>
void for_each_read(const plan::Step& step, Visit visit) {
    if (const auto* send = std::get_if<plan::Send>(&step)) std::for_each(send->from.begin(), send->from.end(), visit);
    if (const auto* reduce = std::get_if<plan::Reduce>(&step)) {
        std::for_each(reduce->addends.begin(), reduce->addends.end(), visit);
    }
    if (const auto* run = std::get_if<plan::Run>(&step)) {
        for (const auto& input : run->inputs) std::for_each(input.from.begin(), input.from.end(), visit);
    }
}

/// Life of the buffers of one program.
void inspect_buffers(const Program& program, Complaints& complaints) {
    constexpr int kBefore = -1;
    constexpr int kNever = -2;
    std::vector<int> made(program.buffers.size(), kNever);
    std::vector<int> read = made;
    std::vector<int> freed = made;
    for (const auto& input : program.inputs) made[index(input.buffer)] = kBefore;
    for (std::size_t s = 0; s < program.steps.size(); ++s) {
        const plan::Step& step = program.steps[s];
        const auto make = [&](BufferId id) {
            if (made[index(id)] != kNever) complaints.push_back("a buffer is made twice");
            made[index(id)] = static_cast<int>(s);
        };
        for_each_read(step, [&](BufferId id) {
            if (made[index(id)] == kNever || freed[index(id)] != kNever)
                complaints.push_back("a buffer is read outside its life");
            read[index(id)] = static_cast<int>(s);
        });
        if (const auto* receive = std::get_if<plan::Receive>(&step)) make(receive->into);
        if (const auto* reduce = std::get_if<plan::Reduce>(&step)) make(reduce->into);
        if (const auto* run = std::get_if<plan::Run>(&step)) {
            for (const auto& output : run->outputs) make(output.into);
        }
        if (const auto* free = std::get_if<plan::Free>(&step)) {
            if (freed[index(free->buffer)] != kNever) complaints.push_back("a buffer is freed twice");
            freed[index(free->buffer)] = static_cast<int>(s);
        }
    }
    std::set<BufferId> results;
    for (const auto& result : program.results) results.insert(result.from.begin(), result.from.end());
    for (std::size_t b = 0; b < made.size(); ++b) {
        const bool result = results.count(BufferId{static_cast<std::uint32_t>(b)}) > 0;
        if (made[b] == kNever) complaints.push_back("a buffer is never made");
        if (result != (freed[b] == kNever)) complaints.push_back("a buffer is not freed, or is a result and freed");
        for (int s = std::max(made[b], read[b]) + 1; !result && s < freed[b]; ++s) {
            if (!std::holds_alternative<plan::Free>(program.steps[static_cast<std::size_t>(s)])) {
                complaints.push_back(fmt::format("buffer {} is freed later than after its last use", b));
                break;
            }
        }
    }
}

using Key = std::tuple<plan::StageId, std::uint32_t, TensorId, DeviceId, DeviceId>;
Key key_of(const plan::Message& m) { return {m.stage, m.piece, m.tensor, m.sender, m.receiver}; }

void inspect_mail(const std::vector<Program>& programs, Complaints& complaints) {
    std::map<Key, std::vector<plan::Message>> sent;
    std::map<Key, std::vector<plan::Message>> taken;
    for (const Program& program : programs) {
        for (const plan::Step& step : program.steps) {
            if (const auto* send = std::get_if<plan::Send>(&step)) {
                const plan::Message& m = program.messages[send->message];
                if (m.sender != program.device) complaints.push_back("a device sends in another's name");
                sent[key_of(m)].push_back(m);
            } else if (const auto* receive = std::get_if<plan::Receive>(&step)) {
                const plan::Message& m = program.messages[receive->message];
                if (m.receiver != program.device) complaints.push_back("a device takes another's message");
                taken[key_of(m)].push_back(m);
            }
        }
    }
    if (sent != taken) complaints.push_back("senders and receivers do not agree on the messages");
    for (const auto& [key, messages] : sent) {
        if (messages.size() != 1) complaints.push_back("a message is sent twice");
    }
}

/// How often each element of a tensor was counted.
struct Count {
    explicit Count(const Box& extent) : full(extent), data(static_cast<std::size_t>(extent.volume())) {}
    [[nodiscard]] std::size_t at(const Point& p) const {
        return static_cast<std::size_t>(
            ((p.n * full[Axis::c].end + p.c) * full[Axis::h].end + p.h) * full[Axis::w].end + p.w);
    }
    void add(const Box& box) {
        for_each_point(box, [&](const Point& p) { ++data[at(p)]; });
    }
    void add(const std::vector<Box>& boxes) {
        for (const Box& box : boxes) add(box);
    }
    Box full;
    std::vector<int> data;
};

/// What one device has and lacks of every tensor, element by element.
class DeviceMoves {
  public:
    DeviceMoves(const Deployment& deployment, std::size_t route, std::size_t device, Complaints& complaints)
        : graph_(deployment.graph),
          stages_(deployment.plan.routes[route].stages),
          program_(deployment.programs[route][device]),
          complaints_(complaints) {
        for (const graph::TensorInfo& tensor : graph_.tensors()) {
            have_.emplace_back(tensor.full);
            needed_.emplace_back(tensor.full);
        }
    }

    void inspect() {
        find_needs();
        for (const auto& input : program_.inputs) have_[index(input.tensor)].add(graph_.tensor(input.tensor).full);
        for (const plan::Step& step : program_.steps) {
            if (const auto* run = std::get_if<plan::Run>(&step)) compute(*run);
            if (const auto* receive = std::get_if<plan::Receive>(&step)) take(program_.messages[receive->message]);
            if (const auto* reduce = std::get_if<plan::Reduce>(&step)) sum_up(*reduce);
        }
        if (!addends_.empty()) complain("gets addends that it never sums", addends_.begin()->first);
    }

  private:
    void complain(const std::string& text, TensorId tensor) {
        complaints_.push_back(
            fmt::format("device {} {}: '{}'", index(program_.device), text, graph_.tensor(tensor).name));
    }

    void find_needs() {
        for (const plan::Step& step : program_.steps) {
            if (const auto* run = std::get_if<plan::Run>(&step)) {
                for (const auto& input : run->inputs) needed_[index(input.tensor)].add(input.slab.boxes());
            }
        }
        for (const plan::Stage& stage : stages_) {
            for (const plan::Share& share : stage.shares) {
                if (!stage.hold || share.device != program_.device) continue;
                for (const plan::Piece& piece : share.pieces) needed_[index(*stage.hold)].add(piece.box);
            }
        }
        for (const auto& result : program_.results)
            needed_[index(result.tensor)].add(graph_.tensor(result.tensor).full);
    }

    /// Everything that a piece computes of a tensor is a copy of its own, halo included.
    void compute(const plan::Run& run) {
        for (const graph::Work& work : run.works) {
            for (std::size_t o = 0; o < work.outputs.size() && !work.in; ++o) {
                have_[index(graph_.op(work.op).outputs[o])].add(work.outputs[o].boxes());
            }
        }
    }

    void take(const plan::Message& message) {
        const TensorId tensor = message.tensor;
        if (message.addend) {
            addends_[tensor].push_back(message);
            return;
        }
        Count& have = have_[index(tensor)];
        for (const Box& box : message.boxes) {
            for_each_point(box, [&](const Point& p) {
                if (have.data[have.at(p)]++ > 0) complain("is sent what it has", tensor);
                if (needed_[index(tensor)].data[have.at(p)] == 0) complain("is sent what it does not need", tensor);
            });
        }
    }

    void sum_up(const plan::Reduce& reduce) {
        const TensorId tensor = graph_.op(reduce.op).outputs[0];
        const std::vector<Box>& boxes = program_.buffers[index(reduce.into)].boxes;
        Count into(graph_.tensor(tensor).full);
        into.add(boxes);
        for (std::size_t i = 0; i < into.data.size(); ++i) {
            if (into.data[i] > 0 && needed_[index(tensor)].data[i] == 0) complain("sums what it does not need", tensor);
        }
        compare_addends(reduce, tensor, into);
        have_[index(tensor)].add(boxes);
        addends_.erase(tensor);
    }

    /// Each piece of the plan whose sum has terms for an element, and only those, has one addend of it.
    void compare_addends(const plan::Reduce& reduce, TensorId tensor, const Count& into) {
        const plan::Stage& stage = *std::find_if(stages_.begin(), stages_.end(), [&](const plan::Stage& each) {
            return std::find(each.operators.begin(), each.operators.end(), reduce.op) != each.operators.end();
        });
        std::vector<Box> summed;
        for (const BufferId id : reduce.addends) {
            const auto& boxes = program_.buffers[index(id)].boxes;
            summed.insert(summed.end(), boxes.begin(), boxes.end());
        }
        Count all(into.full);
        Count all_expected(into.full);
        all.add(summed);
        for (const plan::Share& share : stage.shares) {
            for (std::size_t k = 0; k < share.pieces.size(); ++k) {
                Count expected(into.full);
                for_each_point(share.pieces[k].box, [&](const Point& p) {
                    expected.data[expected.at(p)] =
                        into.data[into.at(p)] > 0 && has_terms(reduce.op, p, share.pieces[k].in);
                });
                for (std::size_t i = 0; i < expected.data.size(); ++i) all_expected.data[i] += expected.data[i];
                if (share.device == program_.device) continue;
                Count got(into.full);
                for (const plan::Message& m : addends_[tensor]) {
                    if (m.sender == share.device && m.piece == k) got.add(m.boxes);
                }
                if (got.data != expected.data) complain("gets wrong addends", tensor);
            }
        }
        for (std::size_t i = 0; i < all.data.size(); ++i) {
            if (into.data[i] > 0 && all.data[i] != all_expected.data[i]) complain("sums wrong addends", tensor);
        }
    }

    /// Whether `in` contains anything that is summed for an element: of a grouped convolution only its group counts.
    [[nodiscard]] bool has_terms(OperatorId id, const Point& p, const std::optional<Box>& in) const {
        const graph::Operator& op = graph_.op(id);
        if (!in || op.kind != graph::Kind::convolution) return true;
        const Index inputs = graph_.tensor(op.inputs[0]).full[Axis::c].end / op.group;
        const Index outputs = graph_.tensor(op.outputs[0]).full[Axis::c].end / op.group;
        const Index first = p.c / outputs * inputs;
        return (*in)[Axis::c].begin < first + inputs && first < (*in)[Axis::c].end;
    }

    const graph::Graph& graph_;
    const std::vector<plan::Stage>& stages_;
    const Program& program_;
    Complaints& complaints_;
    std::vector<Count> have_;
    std::vector<Count> needed_;
    std::map<TensorId, std::vector<plan::Message>> addends_;
};

}  // namespace

Complaints inspect_programs(const Deployment& deployment) {
    Complaints complaints;
    for (const auto& programs : deployment.programs) {
        for (const Program& program : programs) inspect_buffers(program, complaints);
        inspect_mail(programs, complaints);
    }
    return complaints;
}

Complaints inspect_moves(const Deployment& deployment) {
    Complaints complaints;
    for (std::size_t r = 0; r < deployment.programs.size(); ++r) {
        for (std::size_t d = 0; d < deployment.programs[r].size(); ++d) {
            DeviceMoves(deployment, r, d, complaints).inspect();
        }
    }
    return complaints;
}

}  // namespace convoy::test
