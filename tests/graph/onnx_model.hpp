#pragma once

#include <onnx/onnx_pb.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "graph/onnx.hpp"

namespace convoy::test {

using Dims = std::vector<graph::Index>;

/// Writes small ONNX models for the tests of the reader.
class Model {
  public:
    explicit Model(int opset = 13) {
        proto_.set_ir_version(7);
        auto& import = *proto_.add_opset_import();
        import.set_domain("");
        import.set_version(opset);
        proto_.mutable_graph()->set_name("test");
    }

    onnx::ModelProto& proto() { return proto_; }
    onnx::GraphProto& graph() { return *proto_.mutable_graph(); }

    /// A dimension of -1 is dynamic, and called `dN`.
    Model& input(const std::string& name, const std::vector<std::int64_t>& dims, int type = onnx::TensorProto::FLOAT) {
        auto& info = *graph().add_input();
        info.set_name(name);
        auto& tensor = *info.mutable_type()->mutable_tensor_type();
        tensor.set_elem_type(type);
        tensor.mutable_shape();
        for (std::size_t i = 0; i < dims.size(); ++i) {
            auto& dim = *tensor.mutable_shape()->add_dim();
            if (dims[i] < 0) {
                dim.set_dim_param("d" + std::to_string(i));
            } else {
                dim.set_dim_value(dims[i]);
            }
        }
        return *this;
    }

    Model& output(const std::string& name, int type = onnx::TensorProto::FLOAT) {
        auto& info = *graph().add_output();
        info.set_name(name);
        info.mutable_type()->mutable_tensor_type()->set_elem_type(type);
        return *this;
    }

    Model& weights(const std::string& name, const std::vector<std::int64_t>& dims, const std::vector<float>& values) {
        fill(*graph().add_initializer(), name, dims, values);
        return *this;
    }

    /// Seeded values between -1 and 1 that differ from each other.
    Model& weights(const std::string& name, const std::vector<std::int64_t>& dims) {
        std::int64_t count = 1;
        for (const std::int64_t dim : dims) count *= dim;
        std::vector<float> values;
        for (std::int64_t i = 0; i < count; ++i) {
            seed_ = seed_ * 6364136223846793005U + 1442695040888963407U;
            values.push_back(static_cast<float>(seed_ >> 40) / static_cast<float>(1 << 23) - 1.0F);
        }
        return weights(name, dims, values);
    }

    Model& integers(const std::string& name, const std::vector<std::int64_t>& values) {
        return integers(name, {static_cast<std::int64_t>(values.size())}, values);
    }
    Model& integers(const std::string& name, const std::vector<std::int64_t>& dims,
                    const std::vector<std::int64_t>& values) {
        auto& tensor = *graph().add_initializer();
        tensor.set_name(name);
        tensor.set_data_type(onnx::TensorProto::INT64);
        for (const std::int64_t dim : dims) tensor.add_dims(dim);
        tensor.set_raw_data(values.data(), values.size() * sizeof(std::int64_t));
        return *this;
    }

    /// The new node; `name` may be empty. Attributes are added by set().
    onnx::NodeProto& node(const std::string& type, const std::vector<std::string>& inputs,
                          const std::vector<std::string>& outputs, const std::string& name = "") {
        auto& added = *graph().add_node();
        added.set_op_type(type);
        added.set_name(name);
        for (const std::string& input : inputs) added.add_input(input);
        for (const std::string& tensor : outputs) added.add_output(tensor);
        return added;
    }

    [[nodiscard]] std::string bytes() const { return proto_.SerializeAsString(); }
    [[nodiscard]] graph::Graph read(const graph::OnnxOptions& options = {}) const {
        return graph::read_onnx(util::FileView::from_bytes(bytes(), "test.onnx"), options);
    }

    static void fill(onnx::TensorProto& tensor, const std::string& name, const std::vector<std::int64_t>& dims,
                     const std::vector<float>& values) {
        tensor.set_name(name);
        tensor.set_data_type(onnx::TensorProto::FLOAT);
        for (const std::int64_t dim : dims) tensor.add_dims(dim);
        tensor.set_raw_data(values.data(), values.size() * sizeof(float));
    }

  private:
    onnx::ModelProto proto_;
    std::uint64_t seed_ = 1;
};

inline onnx::AttributeProto& add_attribute(onnx::NodeProto& node, const std::string& name,
                                           onnx::AttributeProto::AttributeType type) {
    auto& added = *node.add_attribute();
    added.set_name(name);
    added.set_type(type);
    return added;
}
inline void set(onnx::NodeProto& node, const std::string& name, int value) {
    add_attribute(node, name, onnx::AttributeProto::INT).set_i(value);
}
inline void set(onnx::NodeProto& node, const std::string& name, float value) {
    add_attribute(node, name, onnx::AttributeProto::FLOAT).set_f(value);
}
inline void set(onnx::NodeProto& node, const std::string& name, const char* value) {
    add_attribute(node, name, onnx::AttributeProto::STRING).set_s(value);
}
inline void set(onnx::NodeProto& node, const std::string& name, const std::vector<std::int64_t>& values) {
    auto& added = add_attribute(node, name, onnx::AttributeProto::INTS);
    for (const std::int64_t value : values) added.add_ints(value);
}

/// A model with input x of the given dims and output y.
inline Model unary_model(const Dims& dims, int opset = 13) {
    Model model(opset);
    model.input("x", dims).output("y");
    return model;
}

/// The only operator of a graph.
inline const graph::Operator& only(const graph::Graph& graph) {
    REQUIRE(graph.operators().size() == 1);
    return graph.operators().front();
}

/// Of the first output.
inline const Dims& output_dims(const graph::Graph& graph) { return graph.tensor(graph.outputs().at(0)).dims; }

}  // namespace convoy::test
