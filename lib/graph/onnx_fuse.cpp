#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "graph/onnx_convert.hpp"
#include "util/error.hpp"

namespace convoy::graph::detail {
namespace {

/// Works on the operators in their order; what is folded away is only marked, so that indices stay valid.
class Fuser {
  public:
    Fuser(Draft& draft, std::vector<DraftOperator>& operators)
        : draft_(draft), operators_(operators), gone_(operators.size(), false) {
        for (std::size_t i = 0; i < operators.size(); ++i) {
            for (const std::string& input : operators[i].inputs) readers_[input].push_back(i);
            for (const std::string& output : operators[i].outputs) producers_[output] = i;
        }
    }

    void fold_flattens() {
        for (std::size_t i = 0; i < operators_.size(); ++i) {
            if (operators_[i].op.kind == Kind::flatten && feeds_gemms_only(operators_[i])) fold_flatten(i);
        }
    }

    /// x * sigmoid(x) and the like are one function of x, which is then absorbed like any other.
    void fold_gates() {
        for (std::size_t i = 0; i < operators_.size(); ++i) {
            if (gone_[i] || operators_[i].op.kind != Kind::mul || operators_[i].inputs.size() != 2) continue;
            if (!fold_gate(i, 0)) fold_gate(i, 1);
        }
    }

    void absorb_tails() {
        for (std::size_t i = 0; i < operators_.size(); ++i) {
            while (!gone_[i] && can_carry_tail(operators_[i]) && absorb_reader(operators_[i])) {
            }
        }
    }

    void remove_folded() {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < operators_.size(); ++i) {
            if (gone_[i]) continue;
            if (kept != i) operators_[kept] = std::move(operators_[i]);
            ++kept;
        }
        operators_.resize(kept);
    }

  private:
    [[nodiscard]] bool is_output(const std::string& name) const { return draft_.outputs.count(name) > 0; }

    /// Rule 8: the readers then read the map itself, feature = (c * H + h) * W + w.
    [[nodiscard]] bool feeds_gemms_only(const DraftOperator& flatten) {
        const std::vector<std::size_t>& readers = readers_[flatten.outputs[0]];
        const bool from_map = draft_.shape(flatten.inputs[0])->dims.size() == 4;
        return from_map && !readers.empty() && !is_output(flatten.outputs[0]) &&
               std::all_of(readers.begin(), readers.end(),
                           [&](std::size_t reader) { return operators_[reader].op.kind == Kind::gemm; });
    }

    void fold_flatten(std::size_t number) {
        const DraftOperator& flatten = operators_[number];
        const std::string map = flatten.inputs[0];
        const std::vector<std::size_t> readers = readers_[flatten.outputs[0]];
        std::vector<std::size_t>& map_readers = readers_[map];
        map_readers.erase(std::remove(map_readers.begin(), map_readers.end(), number), map_readers.end());
        for (const std::size_t reader : readers) {
            operators_[reader].inputs[0] = map;
            map_readers.push_back(reader);
        }
        operators_[readers.front()].op.absorbed.push_back(flatten.op.name);
        draft_.aliases[flatten.outputs[0]] = map;
        gone_[number] = true;
    }

    /// `place` is the input that may be the gate.
    bool fold_gate(std::size_t number, std::size_t place) {
        DraftOperator& product = operators_[number];
        const std::string x = product.inputs[1 - place];
        const std::string inner = product.inputs[place];
        const auto producer = producers_.find(inner);
        if (producer == producers_.end() || is_output(inner) || readers_[inner].size() != 1) return false;
        const std::size_t gate = producer->second;
        if (gone_[gate] || operators_[gate].inputs != std::vector{x} || !become_gated(operators_[gate], product)) {
            return false;
        }
        product.inputs = {x};
        product.op.absorbed.push_back(operators_[gate].op.name);
        std::ranges::copy(operators_[gate].op.absorbed, std::back_inserter(product.op.absorbed));
        std::erase(readers_[x], gate);
        draft_.aliases[inner] = product.outputs[0];
        gone_[gate] = true;
        return true;
    }

    /// Makes x * gate(x) one function, where the gate is one that has such a product.
    bool become_gated(const DraftOperator& gate, DraftOperator& product) {
        Operator& op = product.op;
        if (gate.op.kind == Kind::sigmoid) {
            op.function = Activation::silu;
        } else if (gate.op.function == Activation::hard_sigmoid) {
            op.function = Activation::hard_swish;
            op.alpha = gate.op.alpha;
            op.beta = gate.op.beta;
        } else if (const auto ramp = ramp_of(gate)) {
            op.function = Activation::hard_swish;
            op.alpha = static_cast<float>(ramp->scale / ramp->height);
            op.beta = static_cast<float>(ramp->shift / ramp->height);
            scale(product, ramp->height);
        } else {
            return false;
        }
        op.kind = Kind::unary;
        return true;
    }

    /// scale * x + shift, clipped to [0, height], the same for all channels: what exporters write for a hard sigmoid.
    struct Ramp {
        double scale;
        double shift;
        double height;
    };
    static std::optional<Ramp> ramp_of(const DraftOperator& gate) {
        const Tail& tail = gate.op.tail;
        if (gate.op.kind != Kind::batch_norm || tail.activation != Activation::clip) return std::nullopt;
        if (tail.low != 0 || !(tail.high > 0) || !std::isfinite(tail.high)) return std::nullopt;
        const auto uniform = [](const std::vector<double>& values) {
            return std::all_of(values.begin(), values.end(), [&](double value) { return value == values[0]; });
        };
        if (!uniform(gate.scale) || !uniform(gate.shift)) return std::nullopt;
        return Ramp{gate.scale.empty() ? 1 : gate.scale[0], gate.shift.empty() ? 0 : gate.shift[0],
                    static_cast<double>(tail.high)};
    }

    /// Multiplies a result that has no shift in front of this; a scale of one is none.
    void scale(DraftOperator& product, double factor) {
        const auto channels = static_cast<std::size_t>(draft_.shape(product.outputs[0])->dims[1]);
        if (product.scale.empty()) product.scale.assign(channels, 1.0);
        for (double& value : product.scale) value *= factor;
        const bool one = std::all_of(product.scale.begin(), product.scale.end(), [](double v) { return v == 1; });
        if (one) product.scale.clear();
    }

    /// Operators that run whole are left alone: their outputs may be anything.
    [[nodiscard]] static bool can_carry_tail(const DraftOperator& candidate) {
        switch (candidate.op.kind) {
            case Kind::relu:
            case Kind::leaky_relu:
            case Kind::clip:
            case Kind::sigmoid:
            case Kind::unary:
            case Kind::whole:
                return false;
            default:
                return candidate.op.tail.activation == Activation::none;
        }
    }

    [[nodiscard]] bool absorb_reader(DraftOperator& head) {
        const std::string inner = head.outputs[0];
        const std::vector<std::size_t>& readers = readers_[inner];
        if (is_output(inner) || readers.size() != 1) return false;
        DraftOperator& reader = operators_[readers.front()];
        if (!apply(reader, head)) return false;
        head.op.absorbed.push_back(reader.op.name);
        head.outputs[0] = reader.outputs[0];
        draft_.aliases[inner] = head.outputs[0];
        producers_[head.outputs[0]] = producers_[inner];
        gone_[readers.front()] = true;
        return true;
    }

    /// Makes a constant scale and shift, or an activation, part of the head's tail.
    [[nodiscard]] static bool apply(const DraftOperator& reader, DraftOperator& head) {
        switch (reader.op.kind) {
            case Kind::batch_norm:
                compose(reader, head);
                return true;
            case Kind::relu:
                head.op.tail.activation = Activation::relu;
                return true;
            case Kind::sigmoid:
                head.op.tail.activation = Activation::sigmoid;
                return true;
            case Kind::leaky_relu:
                head.op.tail.activation = Activation::leaky_relu;
                head.op.tail.alpha = reader.op.alpha;
                return true;
            case Kind::clip:
                head.op.tail.activation = Activation::clip;
                head.op.tail.low = reader.op.low;
                head.op.tail.high = reader.op.high;
                return true;
            case Kind::unary:
                if (!reader.op.tail.identity() || !reader.scale.empty() || !reader.shift.empty()) return false;
                head.op.tail.activation = reader.op.function;
                head.op.tail.alpha = reader.op.alpha;
                head.op.tail.beta = reader.op.beta;
                return true;
            default:
                return false;
        }
    }

    /// (v * a + b) * p + q = v * (a * p) + (b * p + q).
    static void compose(const DraftOperator& reader, DraftOperator& head) {
        if (!reader.scale.empty()) {
            if (head.scale.empty()) head.scale.assign(reader.scale.size(), 1.0);
            for (std::size_t c = 0; c < head.scale.size(); ++c) head.scale[c] *= reader.scale[c];
            for (std::size_t c = 0; c < head.shift.size(); ++c) head.shift[c] *= reader.scale[c];
            // A bias written in the model is not in `shift` yet; settle() multiplies it by the whole scale.
        }
        if (reader.shift.empty()) return;
        if (head.shift.empty()) head.shift.assign(reader.shift.size(), 0.0);
        for (std::size_t c = 0; c < head.shift.size(); ++c) head.shift[c] += reader.shift[c];
    }

    Draft& draft_;
    std::vector<DraftOperator>& operators_;
    std::vector<bool> gone_;
    std::unordered_map<std::string, std::vector<std::size_t>> readers_;  ///< once per input that reads it
    std::unordered_map<std::string, std::size_t> producers_;             ///< of tensors that are not folded away
};

std::vector<float> rounded(const DraftOperator& from, const std::vector<double>& values) {
    std::vector<float> floats;
    for (const double value : values) {
        if (!(std::abs(value) <= std::numeric_limits<float>::max())) {
            throw util::Error(util::Errc::data, fmt::format("node '{}' ({}): its constant scale or shift is not finite",
                                                            from.op.name, from.op.onnx_type));
        }
        floats.push_back(static_cast<float>(value));
    }
    return floats;
}

/// Behind weights, W x * scale + shift is (scale W) x + shift: the scale goes to the weights, the rest to the bias.
void fold_into_weights(Draft& draft, DraftOperator& folded) {
    Operator& op = folded.op;
    const auto channels = static_cast<std::size_t>(op.weights->dims[0]);
    std::vector<double> bias = folded.shift.empty() ? std::vector<double>(channels, 0.0) : folded.shift;
    for (std::size_t c = 0; c < channels && op.tail.bias; ++c) {
        const double scale = folded.scale.empty() ? 1.0 : folded.scale[c];
        bias[c] += scale * float_at(*op.tail.bias, static_cast<Index>(c));
    }
    std::vector<double> scale = folded.scale;
    for (std::size_t c = 0; c < scale.size() && !op.weight_scale.empty(); ++c) scale[c] *= op.weight_scale[c];
    if (!scale.empty()) op.weight_scale = rounded(folded, scale);
    if (folded.shift.empty() && !op.tail.bias) return;
    const std::vector<float> values = rounded(folded, bias);
    op.tail.bias = draft.own(ElementType::float32, {op.weights->dims[0]},
                             std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)));
}

void settle(Draft& draft, DraftOperator& folded) {
    if (folded.scale.empty() && folded.shift.empty()) return;
    if (folded.op.weights) {
        fold_into_weights(draft, folded);
    } else {
        folded.op.tail.scale = rounded(folded, folded.scale);
        folded.op.tail.shift = rounded(folded, folded.shift);
    }
}

}  // namespace

void fuse(Draft& draft, std::vector<DraftOperator>& operators) {
    Fuser fuser(draft, operators);
    fuser.fold_flattens();
    fuser.absorb_tails();
    fuser.fold_gates();
    fuser.absorb_tails();  // what the gates have become
    fuser.remove_folded();
    for (DraftOperator& folded : operators) settle(draft, folded);
}

}  // namespace convoy::graph::detail
