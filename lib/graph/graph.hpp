#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/operator.hpp"
#include "util/file.hpp"

namespace convoy::graph {

/// Version of the deterministic folding below. Two devices must fold alike: it is part of the hello.
inline constexpr int kFoldingVersion = 2;

struct TensorInfo {
    std::string name;
    ElementType type = ElementType::float32;
    std::vector<Index> dims;  ///< as in ONNX, all fixed
    Box full;                 ///< the extent that can be cut; [1, 1, 1, 1] when it is only ever whole
    bool whole_only = false;  ///< neither a feature map nor a feature vector: one element, moved as bytes
    Index element_bytes = 4;  ///< bytes of one element of `full`
    [[nodiscard]] util::Bytes bytes() const noexcept { return util::Bytes(full.volume() * element_bytes); }
};

/// A CNN with fixed shapes: operators in a topological order, tails and batch norms folded, identities removed.
///
/// Immutable after construction; thread-safe. Copies share the mapped weights.
class Graph {
  public:
    [[nodiscard]] const std::vector<TensorInfo>& tensors() const noexcept { return tensors_; }
    [[nodiscard]] const TensorInfo& tensor(TensorId id) const { return tensors_.at(index(id)); }
    [[nodiscard]] const std::vector<Operator>& operators() const noexcept { return operators_; }
    [[nodiscard]] const Operator& op(OperatorId id) const { return operators_.at(index(id)); }
    [[nodiscard]] const std::vector<TensorId>& inputs() const noexcept { return inputs_; }
    [[nodiscard]] const std::vector<TensorId>& outputs() const noexcept { return outputs_; }

    /// The operator that computes a tensor; empty for a graph input.
    [[nodiscard]] std::optional<OperatorId> producer(TensorId id) const;
    /// The operators that read a tensor, ascending.
    [[nodiscard]] const std::vector<OperatorId>& readers(TensorId id) const { return readers_.at(index(id)); }
    [[nodiscard]] bool is_output(TensorId id) const;

    /// By name: operators also by the names of what they absorbed, tensors also by the names inside a folded chain.
    [[nodiscard]] std::optional<OperatorId> find_operator(std::string_view name) const;
    [[nodiscard]] std::optional<TensorId> find_tensor(std::string_view name) const;

    /// Where the model came from, and the SHA-256 of its bytes.
    [[nodiscard]] const std::string& file() const noexcept { return file_; }
    [[nodiscard]] const std::string& sha256() const noexcept { return sha256_; }

  private:
    friend class GraphBuilder;
    std::vector<TensorInfo> tensors_;
    std::vector<Operator> operators_;
    std::vector<TensorId> inputs_;
    std::vector<TensorId> outputs_;
    std::vector<std::optional<OperatorId>> producers_;
    std::vector<std::vector<OperatorId>> readers_;
    std::map<std::string, OperatorId, std::less<>> operator_names_;
    std::map<std::string, TensorId, std::less<>> tensor_names_;
    std::vector<std::shared_ptr<const void>> storage_;  ///< what the constants' spans point into
    std::string file_;
    std::string sha256_;
};

/// Puts a graph together operator by operator: for the ONNX reader and for tests.
///
/// Operators must be added in a topological order. finish() links producers and readers and checks that each
/// operator's shapes, weights and window fit its kind; the builder is spent then.
class GraphBuilder {
  public:
    /// `full` and `element_bytes` follow from dims and type: rank 4 is a feature map, rank 2 a feature vector.
    /// @throws Error data: a name given twice, a dimension below 1, more than 2^40 bytes
    TensorId add_tensor(std::string name, std::vector<Index> dims, ElementType type = ElementType::float32);
    /// @throws Error data: a name given twice
    OperatorId add_operator(Operator op);
    void add_input(TensorId id);
    void add_output(TensorId id);
    /// @throws Error data: a name given twice
    void alias_tensor(std::string name, TensorId id);
    /// Keeps memory alive that constants point into, as long as the graph.
    void keep(std::shared_ptr<const void> storage);
    /// A constant with memory of its own.
    [[nodiscard]] Constant make_constant(std::vector<Index> dims, const std::vector<float>& values);
    void set_source(std::string file, std::string sha256);
    /// @throws Error data: a tensor computed twice, an input computed later or by nobody, an output by nobody; an
    ///         operator that does not fit its tensors or weights (it could be added as kind whole)
    [[nodiscard]] Graph finish();

  private:
    void link_inputs();
    void link_operator(OperatorId id);

    Graph graph_;
    std::vector<bool> known_;  ///< finish(): tensors that are inputs or have a producer so far
};

}  // namespace convoy::graph
