#include "plan/compile.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "util/error.hpp"

namespace convoy::plan::detail {
namespace {

using graph::Region;
using graph::TensorId;

/// Where a device has a part of a tensor.
struct Store {
    enum class Kind { buffer, message, sum };
    Kind kind = Kind::buffer;
    Region region;
    std::optional<BufferId> buffer;  ///< empty until the message was taken, or the sum made
    std::size_t message = 0;         ///< in Program::messages
};

/// The messages of a route by sender and by receiver, as indices into Moves::messages.
struct Mail {
    explicit Mail(const std::vector<Message>& messages, std::size_t devices) : of_device(devices) {
        for (std::size_t m = 0; m < messages.size(); ++m) {
            of_device[index(messages[m].sender)].push_back(m);
            of_device[index(messages[m].receiver)].push_back(m);
        }
    }
    std::vector<std::vector<std::size_t>> of_device;
};

/// Writes one device's program, stage by stage.
class ProgramBuilder {
  public:
    ProgramBuilder(const RouteView& view, const Moves& moves, const Mail& mail, DeviceId device)
        : view_(view), graph_(view.graph), moves_(moves), stores_(view.graph.tensors().size()) {
        program_.device = device;
        program_.message_numbers = mail.of_device[index(device)];
        program_.messages.reserve(program_.message_numbers.size());
        for (const std::size_t m : program_.message_numbers) expect(moves_.messages[m]);
    }

    void load_inputs() {
        if (program_.device != view_.plan.source) return;
        for (const TensorId input : graph_.inputs()) {
            const graph::Box& full = graph_.tensor(input).full;
            const BufferId buffer = make_buffer(input, {full});
            program_.inputs.push_back({input, buffer});
            add_store(input, {Store::Kind::buffer, full, buffer, 0});
            send_all(kInputStage, 0, input);
        }
    }

    void run_piece(StageId stage, const Grown& piece) {
        Run run;
        run.stage = stage;
        run.piece = piece.piece;
        run.works = piece.works;
        for (const Part& input : piece.inputs) {
            run.inputs.push_back({input.tensor, input.slab, acquire(input.tensor, input.slab.region())});
        }
        const std::size_t at = program_.steps.size();
        for (const Part& output : piece.outputs) {
            const BufferId buffer = make_buffer(output.tensor, output.slab.boxes(), is_addend(stage, output.tensor));
            run.outputs.push_back({output.tensor, output.slab, buffer});
            add_output(stage, piece.piece, output, buffer);
        }
        program_.steps.emplace_back(std::move(run));
        runs_.push_back(at);
        for (const Part& output : piece.outputs) send_all(stage, piece.piece, output.tensor);
    }

    /// Gathers the whole box, as the plan says, even where only a part of it is read later.
    void hold_piece(StageId stage, const Grown& piece) {
        for (const Part& input : piece.inputs) (void)acquire(input.tensor, input.slab.region());
        for (const Part& output : piece.outputs) send_all(stage, piece.piece, output.tensor);
    }

    Program finish() {
        if (program_.device == view_.plan.sink) {
            for (const TensorId output : graph_.outputs()) {
                program_.results.push_back({output, acquire(output, graph_.tensor(output).full)});
            }
        }
        drop_unread();
        add_frees();
        return std::move(program_);
    }

  private:
    void expect(const Message& message) {
        const std::size_t at = program_.messages.size();
        program_.messages.push_back(message);
        if (message.sender == program_.device) {
            outgoing_.push_back(at);
            return;
        }
        if (message.addend) {
            addends_[message.tensor].push_back({message.sender, message.piece, at, std::nullopt});
            return;
        }
        Region region;
        for (const graph::Box& box : message.boxes) region |= box;
        add_store(message.tensor, {Store::Kind::message, std::move(region), std::nullopt, at});
    }

    [[nodiscard]] bool is_addend(StageId stage, TensorId tensor) const {
        const Stage& of = view_.stages()[static_cast<std::size_t>(stage)];
        return is_partial(of) && graph_.op(of.last).outputs[0] == tensor;
    }

    BufferId make_buffer(TensorId tensor, std::vector<graph::Box> boxes, bool addend = false) {
        Buffer buffer;
        buffer.tensor = tensor;
        buffer.boxes = std::move(boxes);
        buffer.element_bytes = graph_.tensor(tensor).element_bytes;
        buffer.addend = addend;
        for (const graph::Box& box : buffer.boxes) buffer.bytes += util::Bytes(box.volume() * buffer.element_bytes);
        program_.buffers.push_back(std::move(buffer));
        return BufferId{static_cast<std::uint32_t>(program_.buffers.size() - 1)};
    }

    /// Own values come before received ones: a device uses its own copy first.
    void add_store(TensorId tensor, Store store) {
        std::vector<Store>& stores = stores_[graph::index(tensor)];
        const auto at = store.kind == Store::Kind::buffer
                            ? std::find_if(stores.begin(), stores.end(),
                                           [](const Store& s) { return s.kind != Store::Kind::buffer; })
                            : stores.end();
        stores.insert(at, std::move(store));
    }

    void add_output(StageId stage, std::uint32_t piece, const Part& output, BufferId buffer) {
        if (is_addend(stage, output.tensor)) {
            addends_[output.tensor].push_back({program_.device, piece, 0, buffer});
        } else {
            add_store(output.tensor, {Store::Kind::buffer, output.slab.region(), buffer, 0});
        }
    }

    void send_all(StageId stage, std::uint32_t piece, TensorId tensor) {
        const auto rank = [&](std::size_t m) {
            const Message& message = program_.messages[m];
            return std::tuple(message.stage != kInputStage, message.stage, message.piece, message.tensor);
        };
        const std::tuple wanted(stage != kInputStage, stage, piece, tensor);
        auto at = std::lower_bound(outgoing_.begin(), outgoing_.end(), wanted,
                                   [&](std::size_t m, const auto& other) { return rank(m) < other; });
        for (; at != outgoing_.end() && rank(*at) == wanted; ++at) send(*at);
    }

    void send(std::size_t m) {
        const Message& message = program_.messages[m];
        if (message.addend) {
            program_.steps.emplace_back(Send{m, {own_addend(message.tensor, message.piece)}});
            return;
        }
        Region region;
        for (const graph::Box& box : message.boxes) region |= box;
        Send step{m, acquire(message.tensor, std::move(region))};
        program_.steps.emplace_back(std::move(step));
    }

    [[nodiscard]] BufferId own_addend(TensorId tensor, std::uint32_t piece) const {
        for (const Addend& addend : addends_.at(tensor)) {
            if (addend.device == program_.device && addend.piece == piece) return *addend.buffer;
        }
        throw util::Error(util::Errc::internal, "an addend is sent before it is computed");
    }

    /// Buffers that together hold a region of complete values; takes messages and sums addends that are still missing.
    std::vector<BufferId> acquire(TensorId tensor, Region region) {
        std::vector<BufferId> from;
        plan_sum(tensor);
        for (Store& store : stores_[graph::index(tensor)]) {
            if (region.empty()) break;
            if (!meet(store.region, region)) continue;
            if (!store.buffer)
                store.buffer = store.kind == Store::Kind::sum ? sum_up(tensor, store.region) : take(store.message);
            from.push_back(*store.buffer);
            region -= store.region;
        }
        if (!region.empty()) {
            throw util::Error(util::Errc::internal, "device '" + view_.name(program_.device) + "' lacks a part of '" +
                                                        view_.name(tensor) + "'");
        }
        return from;
    }

    /// A sum that the device makes of the tensor becomes a store once; it is made when first needed.
    void plan_sum(TensorId tensor) {
        if (moves_.sums.empty()) return;
        const auto found = moves_.sums.find({program_.device, tensor});
        if (found == moves_.sums.end() || !summed_.insert(tensor).second) return;
        std::vector<Store>& stores = stores_[graph::index(tensor)];
        stores.insert(stores.begin(), {Store::Kind::sum, found->second, std::nullopt, 0});
    }

    BufferId take(std::size_t message) {
        const Message& m = program_.messages[message];
        const BufferId into = make_buffer(m.tensor, m.boxes, m.addend);
        program_.steps.emplace_back(Receive{message, into});
        return into;
    }

    /// Rule 11: in the order (device, piece), the own addend in its place.
    BufferId sum_up(TensorId tensor, const Region& region) {
        std::vector<Addend>& addends = addends_[tensor];
        std::sort(addends.begin(), addends.end(), [](const Addend& a, const Addend& b) {
            return std::pair(a.device, a.piece) < std::pair(b.device, b.piece);
        });
        Reduce reduce;
        reduce.op = *graph_.producer(tensor);
        for (Addend& addend : addends) {
            if (!addend.buffer) addend.buffer = take(addend.message);
            if (meets(*addend.buffer, region)) reduce.addends.push_back(*addend.buffer);
        }
        reduce.into = make_buffer(tensor, region.boxes());
        const BufferId into = reduce.into;
        program_.steps.emplace_back(std::move(reduce));
        return into;
    }

    [[nodiscard]] bool meets(BufferId buffer, const Region& region) const {
        const auto& boxes = program_.buffers[index(buffer)].boxes;
        return std::any_of(boxes.begin(), boxes.end(), [&](const graph::Box& box) { return !(region & box).empty(); });
    }

    template <class Visit>
    static void for_each_read(const Step& step, Visit visit) {
        if (const auto* send = std::get_if<Send>(&step)) {
            for (const BufferId id : send->from) visit(id);
        } else if (const auto* reduce = std::get_if<Reduce>(&step)) {
            for (const BufferId id : reduce->addends) visit(id);
        } else if (const auto* run = std::get_if<Run>(&step)) {
            for (const Run::Input& input : run->inputs) {
                for (const BufferId id : input.from) visit(id);
            }
        }
    }

    /// Leaves out outputs that nobody reads of this piece, and numbers the other buffers anew.
    void drop_unread() {
        std::vector<bool> kept(program_.buffers.size(), true);
        for (const std::size_t at : runs_) {
            for (const Run::Output& output : std::get<Run>(program_.steps[at]).outputs)
                kept[index(output.into)] = false;
        }
        for (const Step& step : program_.steps) for_each_read(step, [&](BufferId id) { kept[index(id)] = true; });
        for (const auto& result : program_.results) {
            for (const BufferId id : result.from) kept[index(id)] = true;
        }
        std::vector<BufferId> renamed(kept.size());
        std::vector<Buffer> buffers;
        for (std::size_t b = 0; b < kept.size(); ++b) {
            renamed[b] = BufferId{static_cast<std::uint32_t>(buffers.size())};
            if (kept[b]) buffers.push_back(std::move(program_.buffers[b]));
        }
        for (const std::size_t at : runs_) {
            std::erase_if(std::get<Run>(program_.steps[at]).outputs,
                          [&](const Run::Output& output) { return !kept[index(output.into)]; });
        }
        program_.buffers = std::move(buffers);
        rename(renamed);
    }

    void rename(const std::vector<BufferId>& renamed) {
        const auto change = [&](BufferId& id) { id = renamed[index(id)]; };
        const auto change_all = [&](std::vector<BufferId>& ids) { std::for_each(ids.begin(), ids.end(), change); };
        for (Step& step : program_.steps) {
            if (auto* receive = std::get_if<Receive>(&step)) change(receive->into);
            if (auto* send = std::get_if<Send>(&step)) change_all(send->from);
            if (auto* reduce = std::get_if<Reduce>(&step)) {
                change_all(reduce->addends);
                change(reduce->into);
            }
            if (auto* run = std::get_if<Run>(&step)) {
                for (Run::Input& input : run->inputs) change_all(input.from);
                for (Run::Output& output : run->outputs) change(output.into);
            }
        }
        for (auto& input : program_.inputs) change(input.buffer);
        for (auto& result : program_.results) change_all(result.from);
    }

    [[nodiscard]] bool is_result(BufferId id) const {
        return std::any_of(program_.results.begin(), program_.results.end(), [&](const Program::Result& result) {
            return std::find(result.from.begin(), result.from.end(), id) != result.from.end();
        });
    }

    /// A buffer ends with the last step that reads it, or that made it; an unread input before the first step.
    void add_frees() {
        std::vector<std::size_t> last(program_.buffers.size(), 0);
        for (std::size_t s = 0; s < program_.steps.size(); ++s) {
            const auto use = [&](BufferId id) { last[index(id)] = s + 1; };
            for_each_read(program_.steps[s], use);
            if (const auto* receive = std::get_if<Receive>(&program_.steps[s])) use(receive->into);
            if (const auto* reduce = std::get_if<Reduce>(&program_.steps[s])) use(reduce->into);
        }
        std::vector<std::vector<BufferId>> ends(program_.steps.size() + 1);
        for (std::uint32_t b = 0; b < last.size(); ++b) {
            if (!is_result(BufferId{b})) ends[last[b]].push_back(BufferId{b});
        }
        std::vector<Step> steps;
        for (std::size_t s = 0; s < ends.size(); ++s) {
            if (s > 0) steps.push_back(std::move(program_.steps[s - 1]));
            for (const BufferId id : ends[s]) steps.emplace_back(Free{id});
        }
        program_.steps = std::move(steps);
    }

    struct Addend {
        DeviceId device{};
        std::uint32_t piece = 0;
        std::size_t message = 0;
        std::optional<BufferId> buffer;
    };

    const RouteView& view_;
    const graph::Graph& graph_;
    const Moves& moves_;
    Program program_;
    std::vector<std::vector<Store>> stores_;           ///< by tensor, complete values: own, summed, then received ones
    std::map<TensorId, std::vector<Addend>> addends_;  ///< own and expected ones
    std::vector<std::size_t> outgoing_;                ///< messages that it sends, in the order of all messages
    std::set<TensorId> summed_;
    std::vector<std::size_t> runs_;  ///< steps that run a piece
};

}  // namespace

std::vector<Program> compile_route(const RouteView& view, const std::vector<std::vector<Grown>>& stages,
                                   const Moves& moves) {
    const std::size_t devices = view.plan.devices.size();
    const Mail mail(moves.messages, devices);
    // Of a thousand devices, and as many routes, each route may have work for two.
    std::vector<std::optional<ProgramBuilder>> builders(devices);
    const auto builder = [&](DeviceId device) -> ProgramBuilder& {
        auto& known = builders[index(device)];
        if (!known) known.emplace(view, moves, mail, device);
        return *known;
    };
    builder(view.plan.source).load_inputs();
    for (std::size_t s = 0; s < stages.size(); ++s) {
        const StageId stage{static_cast<std::uint32_t>(s)};
        for (const Grown& piece : stages[s]) {
            if (!piece.live) continue;
            if (view.stages()[s].hold) {
                builder(piece.device).hold_piece(stage, piece);
            } else {
                builder(piece.device).run_piece(stage, piece);
            }
        }
    }
    builder(view.plan.sink);
    std::vector<Program> programs(devices);
    for (std::uint32_t d = 0; d < devices; ++d) {
        programs[d].device = DeviceId{d};
        if (builders[d]) programs[d] = builders[d]->finish();
    }
    return programs;
}

}  // namespace convoy::plan::detail
