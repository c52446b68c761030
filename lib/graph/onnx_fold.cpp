#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "graph/onnx_draft.hpp"
#include "util/error.hpp"

namespace convoy::graph::detail {
namespace {

using util::Errc;
using util::Error;

// Real models need up to 4 (PP-OCR's recognition); each round removes at least one node.
constexpr int kMaxRounds = 64;

bool all_are(const std::optional<std::vector<Index>>& values, Index wanted) {
    return !values || std::all_of(values->begin(), values->end(), [&](Index value) { return value == wanted; });
}

/// One pass over the nodes in their order.
class Pass {
  public:
    explicit Pass(Draft& draft) : draft_(draft) {
        for (const auto& node : nodes()) used_.insert(node.input().begin(), node.input().end());
        used_.insert(draft.outputs.begin(), draft.outputs.end());
    }

    /// Whether anything was folded.
    bool run() {
        int kept = 0;
        for (int i = 0; i < nodes().size(); ++i) {
            onnx::NodeProto& node = *nodes().Mutable(i);
            resolve_inputs(node);
            drop_unused_outputs(node);
            if (folded(node)) continue;
            for (const std::string& output : node.output()) producers_[output] = kept;
            if (kept != i) nodes().SwapElements(kept, i);
            ++kept;
        }
        const bool changed = kept < nodes().size();
        nodes().DeleteSubrange(kept, nodes().size() - kept);
        for (onnx::NodeProto& node : nodes()) resolve_inputs(node);
        return changed;
    }

  private:
    google::protobuf::RepeatedPtrField<onnx::NodeProto>& nodes() {
        return *draft_.model.mutable_graph()->mutable_node();
    }

    void resolve_inputs(onnx::NodeProto& node) {
        for (std::string& input : *node.mutable_input()) input = draft_.resolve(input);
    }

    [[nodiscard]] bool used(const std::string& name) const { return used_.count(name) > 0; }

    /// Masks, indices and statistics that nobody reads; the number of outputs of other operators means something.
    void drop_unused_outputs(onnx::NodeProto& node) {
        const std::string& type = node.op_type();
        if (type != "Dropout" && type != "MaxPool" && type != "BatchNormalization") return;
        while (node.output_size() > 1 && !used(node.output(node.output_size() - 1)))
            node.mutable_output()->RemoveLast();
    }

    bool folded(const onnx::NodeProto& node) {
        if (node.output_size() == 1 && draft_.outputs.count(node.output(0)) == 0) {
            if (auto constant = evaluate(node, draft_)) {
                draft_.add_constant(node.output(0), std::move(*constant));
                return true;
            }
        }
        if (!changes_nothing(node)) return false;
        const Constant* constant = draft_.constant(node.input(0));
        if (constant == nullptr) return bypass(node.input(0), node.output(0));
        if (draft_.outputs.count(node.output(0)) > 0) return false;
        draft_.add_constant(node.output(0), Constant(*constant));
        return true;
    }

    /// Lets the readers of `output` read `input`. A graph output keeps its name: then the input takes that name.
    bool bypass(const std::string& input, const std::string& output) {
        if (draft_.outputs.count(output) == 0) {
            draft_.aliases[output] = input;
            return true;
        }
        const auto producer = producers_.find(input);
        if (producer == producers_.end() || draft_.outputs.count(input) > 0) return false;
        const int number = producer->second;
        for (std::string& name : *nodes().Mutable(number)->mutable_output()) {
            if (name == input) name = output;
        }
        if (const TensorShape* shape = draft_.shape(input)) draft_.shapes[output] = TensorShape(*shape);
        draft_.aliases[input] = output;
        producers_[output] = number;
        return true;
    }

    [[nodiscard]] bool same_shape(const onnx::NodeProto& node) const {
        const TensorShape* in = draft_.shape(node.input(0));
        const TensorShape* out = draft_.shape(node.output(0));
        return in != nullptr && out != nullptr && *in == *out;
    }

    /// Outside of training, or with nothing to drop: so are attentions without dropout exported.
    [[nodiscard]] bool is_inference_dropout(const onnx::NodeProto& node) const {
        if (node.input_size() < 3 || node.input(2).empty()) return true;
        const Constant* ratio = node.input(1).empty() ? nullptr : draft_.constant(node.input(1));
        if (ratio != nullptr && ratio->type == ElementType::float32 && ratio->elements() == 1 &&
            float_at(*ratio, 0) == 0)
            return true;
        const Constant* training = draft_.constant(node.input(2));
        return training != nullptr && training->type == ElementType::boolean && training->elements() == 1 &&
               training->data[0] == std::byte{0};
    }

    [[nodiscard]] bool changes_nothing(const onnx::NodeProto& node) const {
        if (node.output_size() != 1 || node.input_size() < 1 || node.input(0).empty()) return false;
        const std::string& type = node.op_type();
        if (type == "Identity") return true;
        if (type == "Dropout") return is_inference_dropout(node);
        if (type == "Concat") return node.input_size() == 1;
        if (!same_shape(node)) return false;
        if (type == "AveragePool" || type == "MaxPool") {
            return attribute(node, "auto_pad") == nullptr && all_are(ints_attribute(node, "kernel_shape"), 1) &&
                   all_are(ints_attribute(node, "strides"), 1) && all_are(ints_attribute(node, "pads"), 0);
        }
        return type == "Reshape" || type == "Flatten" || type == "Squeeze" || type == "Unsqueeze" || type == "Expand" ||
               type == "Cast";
    }

    Draft& draft_;
    std::unordered_set<std::string> used_;
    std::unordered_map<std::string, int> producers_;  ///< tensor -> number of the kept node that computes it
};

/// Removes nodes that no graph output needs.
void remove_dead(Draft& draft) {
    auto& nodes = *draft.model.mutable_graph()->mutable_node();
    std::unordered_set<std::string> needed(draft.outputs.begin(), draft.outputs.end());
    std::vector<bool> live(static_cast<std::size_t>(nodes.size()));
    for (int i = nodes.size(); i-- > 0;) {
        const auto& outputs = nodes[i].output();
        const bool wanted = std::any_of(outputs.begin(), outputs.end(),
                                        [&](const std::string& name) { return needed.count(name) > 0; });
        live[static_cast<std::size_t>(i)] = wanted;
        if (wanted) needed.insert(nodes[i].input().begin(), nodes[i].input().end());
    }
    int kept = 0;
    for (int i = 0; i < nodes.size(); ++i) {
        if (!live[static_cast<std::size_t>(i)]) continue;
        if (kept != i) nodes.SwapElements(kept, i);
        ++kept;
    }
    nodes.DeleteSubrange(kept, nodes.size() - kept);
}

void require_shapes(const Draft& draft) {
    for (const onnx::NodeProto& node : draft.model.graph().node()) {
        for (const std::string& output : node.output()) {
            if (draft.shape(output) != nullptr) continue;
            refuse(node, fmt::format("the shape of its output '{}' cannot be found", output));
        }
    }
    for (const std::string& output : draft.outputs) {
        if (draft.constant(output) != nullptr) {
            throw Error(Errc::data, fmt::format("the output '{}' is a constant", output));
        }
        if (draft.shape(output) == nullptr) throw Error(Errc::data, fmt::format("nobody computes '{}'", output));
    }
}

}  // namespace

void fold(Draft& draft) {
    remove_dead(draft);
    for (int round = 0; round < kMaxRounds; ++round) {
        infer_shapes(draft);
        if (!Pass(draft).run()) break;
        remove_dead(draft);
    }
    require_shapes(draft);
}

}  // namespace convoy::graph::detail
