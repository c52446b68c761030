#include "graph/onnx.hpp"

#include <fmt/format.h>

#include "graph/onnx_convert.hpp"
#include "util/error.hpp"
#include "util/hash.hpp"

namespace convoy::graph {
namespace detail {
namespace {

/// Adds tensors to the graph when they are first named.
class Tensors {
  public:
    Tensors(const Draft& draft, GraphBuilder& builder) : draft_(draft), builder_(builder) {}

    TensorId operator[](const std::string& name) {
        const auto known = ids_.find(name);
        if (known != ids_.end()) return known->second;
        const TensorShape* shape = draft_.shape(name);
        const auto type = shape != nullptr ? element_type(shape->type) : std::nullopt;
        if (!type) throw util::Error(util::Errc::data, fmt::format("tensor '{}' has no known type and shape", name));
        return ids_[name] = builder_.add_tensor(name, shape->dims, *type);
    }

    void add_aliases() {
        for (const auto& [alias, ignored] : draft_.aliases) {
            const auto tensor = ids_.find(draft_.resolve(alias));
            if (tensor != ids_.end()) builder_.alias_tensor(alias, tensor->second);
        }
    }

  private:
    const Draft& draft_;
    GraphBuilder& builder_;
    std::map<std::string, TensorId> ids_;
};

/// What identifies the model: its file, and its external data if there is any.
std::string identity(const Draft& draft, const util::FileView& file, const std::string& known_sha256) {
    std::string hash = known_sha256.empty() ? util::sha256(file) : known_sha256;
    if (draft.external_hashes.empty()) return hash;
    std::string lines = hash + "\n";
    for (const auto& [location, data_hash] : draft.external_hashes)
        lines += fmt::format("{} {}\n", location, data_hash);
    return util::sha256(lines);
}

Graph put_together(Draft& draft, std::vector<DraftOperator> operators, const util::FileView& file,
                   const std::string& known_sha256) {
    GraphBuilder builder;
    Tensors tensors(draft, builder);
    for (const auto& input : draft.model.graph().input()) builder.add_input(tensors[input.name()]);
    for (DraftOperator& draft_operator : operators) {
        Operator op = std::move(draft_operator.op);
        for (const std::string& name : draft_operator.inputs) op.inputs.push_back(tensors[name]);
        for (const std::string& name : draft_operator.outputs) op.outputs.push_back(tensors[name]);
        builder.add_operator(std::move(op));
    }
    for (const auto& output : draft.model.graph().output()) builder.add_output(tensors[output.name()]);
    tensors.add_aliases();
    for (auto& memory : draft.storage) builder.keep(std::move(memory));
    builder.keep(std::make_shared<const util::FileView>(file));
    builder.set_source(file.name(), identity(draft, file, known_sha256));
    return builder.finish();
}

}  // namespace

Graph assemble(Draft& draft, std::vector<DraftOperator> operators, const util::FileView& file) {
    return put_together(draft, std::move(operators), file, {});
}

}  // namespace detail

Graph read_onnx(const util::FileView& file, const OnnxOptions& options, const std::string& known_sha256) {
    try {
        detail::Draft draft = detail::prepare(file, options);
        detail::fold(draft);
        std::vector<detail::DraftOperator> operators = detail::convert(draft);
        detail::fuse(draft, operators);
        return detail::put_together(draft, std::move(operators), file, known_sha256);
    } catch (util::Error& problem) {
        problem.context(fmt::format("while reading {}", file.name()));
        throw;
    }
}

}  // namespace convoy::graph
