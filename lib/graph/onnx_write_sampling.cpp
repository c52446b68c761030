// How operators that take listed input positions are written in ONNX.
#include "graph/onnx_nodes.hpp"

namespace convoy::graph::detail {
namespace {

/// Every position repeated equally often: what a nearest Resize by a whole factor does.
bool is_nearest(const std::vector<Index>& picks, Index extent) {
    const auto count = static_cast<Index>(picks.size());
    for (Index o = 0; o < count; ++o) {
        if (picks[static_cast<std::size_t>(o)] != o * extent / count) return false;
    }
    return count % extent == 0;  // other scales might be rounded across a position
}

bool is_nearest_resize(const Part& part) {
    const auto& picks = part.op.picks;
    if (part.nodes.opset() < 11 || picks.size() != 4 || !picks[0].empty() || !picks[1].empty()) return false;
    if (part.input().type != ElementType::float32 || (picks[2].empty() && picks[3].empty())) return false;
    for (std::size_t i = 2; i < 4; ++i) {
        if (!picks[i].empty() && !is_nearest(picks[i], part.input().dims[i])) return false;
    }
    return true;
}

onnx::NodeProto& write_resize(const Part& part, const std::vector<float>& scales, const std::string& from,
                              const std::string& to) {
    std::vector<std::string> inputs{from, ""};
    // Before opset 13 the region is not optional, although only one mode looks at it.
    if (part.nodes.opset() < 13) {
        inputs[1] = part.nodes.floats(part.op.name + "_region", {8}, std::vector<float>(8, 0.0F));
    }
    inputs.push_back(part.nodes.floats(part.op.name + "_scales", {4}, scales));
    return part.nodes.add("Resize", part.chain.name(""), inputs, to);
}

/// [outputs, inputs] of one axis, or its transpose.
std::vector<float> matrix_of(const Resampling& resampling, Index inputs, bool transposed) {
    const auto outputs = static_cast<Index>(resampling.positions.size()) / resampling.taps;
    std::vector<float> matrix(static_cast<std::size_t>(inputs * outputs), 0.0F);
    for (std::size_t i = 0; i < resampling.positions.size(); ++i) {
        const Index o = static_cast<Index>(i) / resampling.taps;
        const Index at = resampling.positions[i];
        matrix[static_cast<std::size_t>(transposed ? at * outputs + o : o * inputs + at)] += resampling.weights[i];
    }
    return matrix;
}

/// A resampling whose origin is not known: weighted sums of rows and of columns are products with matrices.
void add_resampling(const Part& part) {
    for (std::size_t i = 0; i < 2; ++i) {
        if (part.op.resampling[i].taps == 0) continue;
        part.chain.then([part, i](const std::string& from, const std::string& to) {
            const Index in = part.input().dims[i + 2];
            const Index out = part.output().dims[i + 2];
            const bool rows = i == 0;
            const std::string matrix =
                part.nodes.floats(part.op.name + "_matrix", rows ? std::vector{out, in} : std::vector{in, out},
                                  matrix_of(part.op.resampling[i], in, !rows));
            const std::vector<std::string> inputs = rows ? std::vector{matrix, from} : std::vector{from, matrix};
            part.nodes.add("MatMul", part.chain.name("_matmul"), inputs, to);
        });
    }
}

/// Resize as opsets 7 to 10 have it: linear with asymmetric coordinates.
void write_old_resize(const Part& part, const std::vector<float>& scales, const std::string& from,
                      const std::string& to) {
    const Index opset = part.nodes.opset();
    std::vector<std::string> inputs{from};
    if (opset >= 9) inputs.push_back(part.nodes.floats(part.op.name + "_scales", {4}, scales));
    onnx::NodeProto& node = part.nodes.add(opset == 10 ? "Resize" : "Upsample", part.chain.name(""), inputs, to);
    set_attribute(node, "mode", std::string("linear"));
    if (opset < 9) set_attribute(node, "scales", scales);
}

}  // namespace

void add_reshape(const Part& part) {
    part.chain.then([part](const std::string& from, const std::string& to) {
        const std::string shape = part.nodes.integers(part.op.name + "_shape", part.output().dims);
        part.nodes.add("Reshape", part.chain.name("_shape"), {from, shape}, to);
    });
}

void add_gather(const Part& part) {
    if (is_nearest_resize(part)) {
        part.chain.then([part](const std::string& from, const std::string& to) {
            std::vector<float> scales(4, 1.0F);
            for (std::size_t i = 2; i < 4; ++i) {
                if (part.op.picks[i].empty()) continue;
                scales[i] = static_cast<float>(part.op.picks[i].size()) / static_cast<float>(part.input().dims[i]);
            }
            onnx::NodeProto& node = write_resize(part, scales, from, to);
            set_attribute(node, "mode", std::string("nearest"));
            set_attribute(node, "coordinate_transformation_mode", std::string("asymmetric"));
            set_attribute(node, "nearest_mode", std::string("floor"));
        });
        return;
    }
    std::vector<Index> dims = part.input().dims;
    for (std::size_t axis = 0; axis < part.op.picks.size(); ++axis) {
        if (part.op.picks[axis].empty()) continue;
        dims[axis] = static_cast<Index>(part.op.picks[axis].size());
        part.chain.then([part, axis](const std::string& from, const std::string& to) {
            const std::string picks = part.nodes.integers(part.op.name + "_picks", part.op.picks[axis]);
            onnx::NodeProto& node = part.nodes.add("Gather", part.chain.name("_gather"), {from, picks}, to);
            set_attribute(node, "axis", static_cast<std::int64_t>(axis));
        });
    }
    if (dims != part.output().dims) add_reshape(part);
}

void add_resize(const Part& part) {
    const auto written = part.op.attributes.find("scales");
    if (written == part.op.attributes.end()) return add_resampling(part);
    part.chain.then(
        [part, scales = std::get<std::vector<float>>(written->second)](const std::string& from, const std::string& to) {
            if (part.nodes.opset() < 11) return write_old_resize(part, scales, from, to);
            onnx::NodeProto& node = write_resize(part, scales, from, to);
            for (const auto& [name, value] : part.op.attributes) {
                if (name != "scales") set_attribute(node, name, value);
            }
        });
}

void add_blocks(const Part& part) {
    part.chain.then([part](const std::string& from, const std::string& to) {
        const bool to_space = part.op.kind == Kind::depth_to_space;
        const char* type = to_space ? "DepthToSpace" : "SpaceToDepth";
        onnx::NodeProto& node = part.nodes.add(type, part.chain.name(""), {from}, to);
        set_attribute(node, "blocksize", part.op.block);
        if (to_space && part.op.channel_major) set_attribute(node, "mode", std::string("CRD"));
    });
}

}  // namespace convoy::graph::detail
