#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "engine/elementwise.hpp"
#include "engine/net.hpp"
#include "util/error.hpp"

namespace convoy::engine {

/// The layers of one operator that only runs whole. Its Mats have the dims of ONNX.
class WholeBuilder {
  public:
    /// @param inputs  at least all of each input
    WholeBuilder(NetBuilder& builder, const graph::Work& work, const std::vector<Value>& inputs);
    /// @throws Error data, when the engine has no layer for the operator, its attributes or its dims
    [[nodiscard]] std::vector<Value> build();

  private:
    // Operators that only move values.
    Value reshape();
    Value transpose();
    std::vector<Value> split();
    Value concat();
    // Arithmetic.
    Value softmax();
    Value clip();
    Value fold(graph::Arithmetic arithmetic, const std::vector<Value>& values);
    Value reduction(Reduction::What what);
    Value matrix_product(const Value& left, const Value& right);
    Value gemm();
    Value layer_norm();

    [[nodiscard]] util::Error unsupported() const;
    [[nodiscard]] const graph::TensorInfo& output(std::size_t k) const { return graph_.tensor(op_.outputs[k]); }
    [[nodiscard]] std::vector<int> dims_out(std::size_t k) const;
    [[nodiscard]] graph::Slab slab_out(std::size_t k) const;
    /// An input in the dims that ONNX gives it, or OpenCV where that has none of so low a rank.
    Value whole_input(std::size_t i);
    Value add(std::unique_ptr<Kernel> kernel, const std::vector<Value>& inputs, std::size_t k = 0);
    Value permuted(const Value& value, const std::vector<graph::Index>& order);
    /// Every value times a number.
    Value scaled(const Value& value, float factor);
    /// All inputs in the order of ONNX, constants as layers of their own; missing optional ones are left out.
    std::vector<Value> operands();
    Value known(const graph::Constant& constant);
    /// An input by its place in ONNX, constant or not; nothing where an optional one is missing.
    std::optional<Value> operand(std::size_t place);
    /// The rank that ONNX gives the input at this place.
    [[nodiscard]] std::size_t onnx_rank(std::size_t place) const;
    /// The attribute `axis`, counted in the dims of the Mat.
    [[nodiscard]] std::size_t axis_of(graph::Index otherwise) const;
    /// Per axis of the first input, from the attribute `axes`, or since some opset from a constant input.
    [[nodiscard]] std::vector<bool> reduced_axes() const;
    [[nodiscard]] std::vector<graph::Index> integers(const graph::Constant& constant) const;
    [[nodiscard]] std::vector<float> floats(const graph::Constant& constant) const;

    /// An attribute, or nullptr when the operator does not have it.
    template <class T>
    [[nodiscard]] const T* attribute(const char* name) const {
        const auto found = op_.attributes.find(name);
        if (found == op_.attributes.end()) return nullptr;
        const T* value = std::get_if<T>(&found->second);
        if (!value) throw unsupported();
        return value;
    }
    template <class T>
    [[nodiscard]] T attribute_or(const char* name, T otherwise) const {
        const T* value = attribute<T>(name);
        return value ? *value : otherwise;
    }

    NetBuilder& builder_;
    const graph::Graph& graph_;
    const graph::Operator& op_;
    std::vector<Value> inputs_;
};

/// Dims as OpenCV has them, which knows no rank below 2. @throws Error data, when OpenCV cannot hold such a tensor
[[nodiscard]] std::vector<int> mat_dims(const std::vector<graph::Index>& dims);
/// The number of elements.
[[nodiscard]] graph::Index count(const std::vector<int>& dims);

}  // namespace convoy::engine
