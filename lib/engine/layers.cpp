#include "engine/layers.hpp"

#include <mutex>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/dnn/all_layers.hpp>
#include <opencv2/dnn/layer.hpp>

namespace convoy::engine {

namespace {

constexpr const char* kAddress = "address";

template <class T>
T* address_in(const cv::dnn::LayerParams& params) {
    return reinterpret_cast<T*>(static_cast<std::intptr_t>(params.get<int64>(kAddress)));
}

template <class T>
cv::dnn::LayerParams params_with(T& object) {
    cv::dnn::LayerParams params;
    params.set(kAddress, static_cast<int64>(reinterpret_cast<std::intptr_t>(&object)));
    return params;
}

class KernelLayer final : public cv::dnn::Layer {
  public:
    explicit KernelLayer(const cv::dnn::LayerParams& params) : Layer(params), kernel_(address_in<Kernel>(params)) {}
    static cv::Ptr<cv::dnn::Layer> create(cv::dnn::LayerParams& params) { return cv::makePtr<KernelLayer>(params); }

    bool getMemoryShapes(const std::vector<cv::dnn::MatShape>&, int, std::vector<cv::dnn::MatShape>& outputs,
                         std::vector<cv::dnn::MatShape>&) const override {
        outputs.assign(1, kernel_->shape());
        return false;  // never in place
    }

    void finalize(cv::InputArrayOfArrays, cv::OutputArrayOfArrays outputs) override { memory_ = outputs.getMat(0); }

    void forward(cv::InputArrayOfArrays inputs, cv::OutputArrayOfArrays outputs, cv::OutputArrayOfArrays) override {
        inputs.getMatVector(inputs_);
        cv::Mat& output = outputs.getMatRef(0);
        output = memory_;  // the last run may have pointed it elsewhere
        kernel_->run(inputs_, output);
    }

  private:
    Kernel* kernel_;
    cv::Mat memory_;
    std::vector<cv::Mat> inputs_;
};

class PointwiseLayer final : public cv::dnn::ActivationLayer {
  public:
    explicit PointwiseLayer(const cv::dnn::LayerParams& params) : function_(address_in<const Pointwise>(params)) {
        setParamsFrom(params);
    }
    static cv::Ptr<cv::dnn::Layer> create(cv::dnn::LayerParams& params) { return cv::makePtr<PointwiseLayer>(params); }

    bool getMemoryShapes(const std::vector<cv::dnn::MatShape>& inputs, int, std::vector<cv::dnn::MatShape>& outputs,
                         std::vector<cv::dnn::MatShape>&) const override {
        outputs = inputs;
        return true;  // may be in place
    }

    void forward(cv::InputArrayOfArrays inputs, cv::OutputArrayOfArrays outputs, cv::OutputArrayOfArrays) override {
        const cv::Mat from = inputs.getMat(0);
        cv::Mat to = outputs.getMat(0);
        const int channels = from.size[1];
        const auto plane = static_cast<int>(from.total(2));
        for (int n = 0; n < from.size[0]; ++n) {
            const std::size_t offset = static_cast<std::size_t>(n) * channels * plane;
            forwardSlice(from.ptr<float>() + offset, to.ptr<float>() + offset, plane, plane, 0, channels);
        }
    }

    void forwardSlice(const float* from, float* to, int count, std::size_t plane, int begin, int end) const override {
        for (int c = begin; c < end; ++c, from += plane, to += plane) function_->apply(from, to, count, c);
    }

  private:
    const Pointwise* function_;
};

}  // namespace

void prepare_opencv() {
    static std::once_flag once;
    std::call_once(once, [] {
        cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
        cv::redirectError([](int, const char*, const char*, const char*, int, void*) { return 0; });
        cv::dnn::LayerFactory::registerLayer(kKernelLayer, KernelLayer::create);
        cv::dnn::LayerFactory::registerLayer(kPointwiseLayer, PointwiseLayer::create);
    });
}

cv::dnn::LayerParams layer_params(Kernel& kernel) { return params_with(kernel); }
cv::dnn::LayerParams layer_params(const Pointwise& function) { return params_with(function); }

}  // namespace convoy::engine
