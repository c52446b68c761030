#include "support/synthetic.hpp"

namespace convoy::test {

samples::WorkShape convolution_work(graph::Index channels, graph::Index outputs, graph::Index size) {
    samples::WorkShape work;
    work.kind = graph::Kind::convolution;
    work.onnx_type = "Conv";
    work.output = work.whole_output = graph::make_box(1, outputs, size, size);
    work.inputs = {graph::make_box(1, channels, size, size)};
    work.kernel = {3, 3};
    work.channels = channels;
    work.flops = util::Flops(static_cast<double>(18 * channels * outputs * size * size));
    work.input_bytes = util::Bytes(4 * channels * size * size);
    work.output_bytes = util::Bytes(4 * outputs * size * size);
    work.weight_bytes = util::Bytes(4 * 9 * channels * outputs);
    return work;
}

samples::LayerSample layer_sample(const std::string& op, const samples::WorkShape& work, double load, double seconds) {
    samples::LayerSample sample;
    sample.op = op;
    sample.work = work;
    sample.load_offered = sample.load_obtained = load;
    sample.time = {20, util::Seconds(seconds), util::Seconds(seconds), util::Seconds(seconds), util::Seconds(0)};
    return sample;
}

latency::DeviceModel linear_model(double flops_per_second, util::Seconds per_operator, util::Seconds per_piece) {
    latency::DeviceModel::Parts parts;
    parts.context.device = "synthetic";
    parts.piece_overhead = per_piece;
    parts.operators.push_back({"any",
                               1,
                               "least_squares",
                               {"one", "flops_loaded"},
                               {per_operator.count(), 1 / flops_per_second},
                               0,
                               std::nullopt});
    return latency::DeviceModel(std::move(parts));
}

latency::Bed bed(const std::vector<double>& flops_per_second, const cluster::Link& link, cluster::Medium medium) {
    cluster::Cluster cluster;
    std::vector<latency::DeviceModel> models;
    for (const double rate : flops_per_second) {
        cluster::Device device;
        device.name = std::string(1, static_cast<char>('a' + cluster.devices.size()));
        cluster.devices.push_back(device);
        models.push_back(linear_model(rate));
    }
    cluster.medium = medium;
    cluster.every = link;
    return {std::move(cluster), std::move(models)};
}

}  // namespace convoy::test
