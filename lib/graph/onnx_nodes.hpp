#pragma once

#include <onnx/onnx_pb.h>

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "graph/graph.hpp"

namespace convoy::graph::detail {

/// An initializer whose values are made when they are written.
struct WrittenTensor {
    onnx::TensorProto head;  ///< name, type, dims
    std::function<std::string()> values;
};

/// The nodes and initializers of a model that is being written.
class Nodes {
  public:
    explicit Nodes(const Graph& graph);

    [[nodiscard]] const Graph& graph() const noexcept { return graph_; }
    [[nodiscard]] Index opset() const noexcept { return opset_; }
    [[nodiscard]] onnx::GraphProto& proto() noexcept { return proto_; }
    [[nodiscard]] const std::vector<WrittenTensor>& tensors() const noexcept { return tensors_; }

    /// A node, named as given.
    onnx::NodeProto& add(const std::string& type, const std::string& name, const std::vector<std::string>& inputs,
                         const std::string& output);
    /// A name that no node has yet: `name`, or with `'` behind it.
    [[nodiscard]] std::string node_name(std::string name);
    /// The same for tensors.
    [[nodiscard]] std::string tensor_name(std::string name);

    // Initializers; each returns the name it gave.
    std::string constant(const std::string& name, const Constant& value);
    std::string floats(const std::string& name, std::vector<Index> dims, std::vector<float> values);
    std::string integers(const std::string& name, std::vector<Index> values);
    std::string made(const std::string& name, ElementType type, const std::vector<Index>& dims,
                     std::function<std::string()> values);

  private:
    const Graph& graph_;
    Index opset_ = 13;
    onnx::GraphProto proto_;
    std::vector<WrittenTensor> tensors_;
    std::set<std::string, std::less<>> node_names_;
    std::set<std::string, std::less<>> tensor_names_;
};

void set_attribute(onnx::NodeProto& node, const std::string& name, const Attribute& value);

/// A chain of nodes that ends in a tensor of a given name: links are asked for one by one, the last one gets the name.
class Chain {
  public:
    Chain(Nodes& nodes, const Operator& op, std::string from, std::string to)
        : nodes_(nodes), op_(op), at_(std::move(from)), to_(std::move(to)) {}

    /// Adds a link: a function that writes nodes from one tensor to another.
    using Link = std::function<void(const std::string& from, const std::string& to)>;
    void then(Link link) { links_.push_back(std::move(link)); }
    /// The operator's own name for the first node that asks, a name with this behind it for others.
    [[nodiscard]] std::string name(const std::string& suffix);
    /// Writes every link; an Identity when there is none.
    void finish();

  private:
    Nodes& nodes_;
    const Operator& op_;
    std::string at_;
    std::string to_;
    std::vector<Link> links_;
    bool named_ = false;
};

/// An operator that is being written, in its graph.
struct Part {
    Nodes& nodes;
    Chain& chain;
    const Operator& op;
    [[nodiscard]] const TensorInfo& input(std::size_t i = 0) const { return nodes.graph().tensor(op.inputs.at(i)); }
    [[nodiscard]] const TensorInfo& output() const { return nodes.graph().tensor(op.outputs[0]); }
};

/// What an activation is written with.
struct WrittenFunction {
    Activation function = Activation::none;
    float alpha = 0, beta = 0, low = 0, high = 0;
};
/// Adds an activation's nodes to a chain.
void add_function(Nodes& nodes, Chain& chain, const WrittenFunction& written);
/// Adds what an operator itself does, without its tail; with weights, the bias too.
void add_core(Nodes& nodes, Chain& chain, const Operator& op);
// Parts of add_core().
void add_gather(const Part& part);
void add_resize(const Part& part);
/// DepthToSpace, SpaceToDepth.
void add_blocks(const Part& part);
/// The same elements in the dims of the output.
void add_reshape(const Part& part);
/// Operators of kind whole: several inputs and outputs, no tail.
void write_whole(Nodes& nodes, const Operator& op);

}  // namespace convoy::graph::detail
