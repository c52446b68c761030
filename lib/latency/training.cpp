#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/ml.hpp>

#include "latency/learners.hpp"
#include "util/error.hpp"

// What OpenCV's ml trains. Its models are taken apart into convoy's own numbers at once: its files are large, slow to
// read, and no other program's YAML.
namespace convoy::latency::detail {

namespace {

using cv::ml::DTrees;
using cv::ml::TrainData;

constexpr int kSingleTreeDepth = 6;
constexpr int kBoostedDepth = 3;
constexpr int kBoostedTrees = 150;
constexpr double kLearningRate = 0.1;
// A residual beyond this pulls no harder (Huber): log 1.35, a sample that another program disturbed.
constexpr double kOutlier = 0.3;
constexpr double kGamma = 0.4;
constexpr double kPenalty = 10;
constexpr double kLeastTube = 0.01;
constexpr std::size_t kMostVectors = 100;
// Training takes time by the square of the samples, and few of them become support vectors.
constexpr std::size_t kMostOfMachine = 400;
constexpr int kHiddenUnits = 8;
constexpr int kNetIterations = 400;
constexpr double kNetRange = 0.8;  // of tanh's range that the samples take

/// OpenCV adds up in the order in which its threads finish: one thread gives the same sums every time.
class OneThread {
  public:
    OneThread() : before_(cv::getNumThreads()) { cv::setNumThreads(1); }
    ~OneThread() { cv::setNumThreads(before_); }
    OneThread(const OneThread&) = delete;
    OneThread& operator=(const OneThread&) = delete;

  private:
    int before_;
};

/// Runs what OpenCV may throw from.
template <class Body>
auto trained(Body body) {
    const OneThread one_thread;
    try {
        return body();
    } catch (const cv::Exception& error) {
        throw util::Error(util::Errc::internal, "OpenCV cannot train: " + error.err);
    }
}

cv::Mat matrix(const std::vector<std::vector<double>>& rows) {
    cv::Mat result(static_cast<int>(rows.size()), static_cast<int>(rows.front().size()), CV_32F);
    for (int i = 0; i < result.rows; ++i) {
        std::copy(rows[static_cast<std::size_t>(i)].begin(), rows[static_cast<std::size_t>(i)].end(),
                  result.begin<float>() + static_cast<std::ptrdiff_t>(i) * result.cols);
    }
    return result;
}

cv::Mat column(const std::vector<double>& values) {
    cv::Mat result(static_cast<int>(values.size()), 1, CV_32F);
    std::copy(values.begin(), values.end(), result.begin<float>());
    return result;
}

/// At most so many samples, evenly over all of them.
TrainingSet thinned(const TrainingSet& set, std::size_t most) {
    if (set.rows.size() <= most) return set;
    TrainingSet fewer;
    for (std::size_t i = 0; i < most; ++i) {
        const std::size_t sample = i * set.rows.size() / most;
        fewer.rows.push_back(set.rows[sample]);
        fewer.targets.push_back(set.targets[sample]);
        fewer.scales.push_back(set.scales[sample]);
    }
    return fewer;
}

cv::Ptr<DTrees> grow(const cv::Mat& rows, const std::vector<double>& targets, int depth) {
    const cv::Ptr<DTrees> tree = DTrees::create();
    tree->setMaxDepth(depth);
    tree->setMinSampleCount(std::clamp(rows.rows / 20, 2, 8));
    tree->setCVFolds(0);  // its pruning shuffles, and crashes for few samples
    tree->setUseSurrogates(false);
    tree->setRegressionAccuracy(1e-4F);
    tree->train(TrainData::create(rows, cv::ml::ROW_SAMPLE, column(targets)));
    return tree;
}

/// Appends the subtree below `node` in preorder; depth is bounded by the grower's.
void flatten(const DTrees& tree, int node, double scale, std::vector<double>& nodes) {
    const DTrees::Node& from = tree.getNodes()[static_cast<std::size_t>(node)];
    if (from.split < 0) {
        nodes.insert(nodes.end(), {-1, scale * from.value, 0});
        return;
    }
    const DTrees::Split& split = tree.getSplits()[static_cast<std::size_t>(from.split)];
    const std::size_t at = nodes.size();
    nodes.insert(nodes.end(), {static_cast<double>(split.varIdx), static_cast<double>(split.c), 0});
    flatten(tree, from.left, scale, nodes);
    nodes[at + 2] = static_cast<double>((nodes.size() - at) / 3);
    flatten(tree, from.right, scale, nodes);
}

/// Trees as check_trees wants them.
class Forest {
  public:
    void add(std::vector<double> tree) {
        first_.push_back(static_cast<double>(nodes_.size() / 3));
        nodes_.insert(nodes_.end(), tree.begin(), tree.end());
    }
    [[nodiscard]] std::vector<double> parameters() const {
        std::vector<double> result{static_cast<double>(first_.size())};
        result.insert(result.end(), first_.begin(), first_.end());
        result.insert(result.end(), nodes_.begin(), nodes_.end());
        return result;
    }

  private:
    std::vector<double> first_;
    std::vector<double> nodes_;
};

std::vector<double> one_tree(const DTrees& tree, double scale) {
    std::vector<double> nodes;
    flatten(tree, tree.getRoots().at(0), scale, nodes);
    return nodes;
}

std::vector<double> support_vectors(const cv::ml::SVM& machine) {
    cv::Mat weights;
    cv::Mat indices;
    const double offset = machine.getDecisionFunction(0, weights, indices);
    const cv::Mat vectors = machine.getSupportVectors();
    std::vector<double> parameters{machine.getGamma(), -offset};
    for (int i = 0; i < static_cast<int>(weights.total()); ++i) {
        const cv::Mat vector = vectors.row(indices.at<int>(i));
        parameters.push_back(weights.at<double>(i));
        parameters.insert(parameters.end(), vector.begin<float>(), vector.end<float>());
    }
    return parameters;
}

/// OpenCV's unit is beta * tanh(alpha / 2 * x), of the output layer, too; here both factors become part of the weights.
std::vector<double> net_parameters(const cv::ml::ANN_MLP& net, double centre, double amplitude) {
    constexpr double kAlpha = 1;
    const cv::Mat hidden = net.getWeights(1);  // shape [features + 1][units], the last row is the bias
    const cv::Mat output = net.getWeights(2);  // shape [units + 1][1]
    std::vector<double> parameters{static_cast<double>(hidden.cols), centre, amplitude};
    for (int unit = 0; unit < hidden.cols; ++unit) {
        for (int i = 0; i < hidden.rows; ++i) parameters.push_back(kAlpha / 2 * hidden.at<double>(i, unit));
    }
    for (int i = 0; i < output.rows; ++i) parameters.push_back(kAlpha / 2 * output.at<double>(i, 0));
    return parameters;
}

}  // namespace

std::vector<double> fit_tree(const TrainingSet& set) {
    return trained([&] {
        Forest forest;
        forest.add(one_tree(*grow(matrix(set.rows), set.targets, kSingleTreeDepth), 1));
        return forest.parameters();
    });
}

std::vector<double> fit_boosted_trees(const TrainingSet& set) {
    return trained([&] {
        const cv::Mat rows = matrix(set.rows);
        std::vector<double> residuals = set.targets;
        std::vector<double> pull(residuals.size());
        Forest forest;
        for (int round = 0; round < kBoostedTrees; ++round) {
            std::transform(residuals.begin(), residuals.end(), pull.begin(),
                           [](double residual) { return std::clamp(residual, -kOutlier, kOutlier); });
            const std::vector<double> tree = one_tree(*grow(rows, pull, kBoostedDepth), kLearningRate);
            std::vector<double> alone{1, 0};
            alone.insert(alone.end(), tree.begin(), tree.end());
            for (std::size_t i = 0; i < residuals.size(); ++i) residuals[i] -= predict_trees(alone, set.rows[i]);
            forest.add(tree);
        }
        return forest.parameters();
    });
}

std::vector<double> fit_support_vector(const TrainingSet& all) {
    const TrainingSet set = thinned(all, kMostOfMachine);
    return trained([&] {
        const cv::Ptr<cv::ml::SVM> machine = cv::ml::SVM::create();
        machine->setType(cv::ml::SVM::EPS_SVR);
        machine->setKernel(cv::ml::SVM::RBF);
        machine->setGamma(kGamma);
        machine->setC(kPenalty);
        machine->setTermCriteria({cv::TermCriteria::MAX_ITER + cv::TermCriteria::EPS, 20'000, 1e-4});
        const auto data = TrainData::create(matrix(set.rows), cv::ml::ROW_SAMPLE, column(set.targets));
        const auto [low, high] = std::minmax_element(set.targets.begin(), set.targets.end());
        // A constant is within the widest tube of every sample: there are no support vectors, which OpenCV refuses.
        std::vector<double> tubes;
        for (double tube = kLeastTube; 2 * tube < *high - *low; tube *= 1.5) tubes.push_back(tube);
        std::vector<double> parameters{kGamma, (*low + *high) / 2};
        // A wider tube needs fewer support vectors, each of which costs time in every prediction, and trains in less
        // time: from the widest on, until there are too many.
        for (auto tube = tubes.rbegin(); tube != tubes.rend(); ++tube) {
            machine->setP(*tube);
            machine->train(data);
            std::vector<double> vectors = support_vectors(*machine);
            if (vectors.size() > 2 + kMostVectors * (set.rows.front().size() + 1)) break;
            parameters = std::move(vectors);
        }
        return parameters;
    });
}

std::vector<double> fit_neural_net(const TrainingSet& set) {
    return trained([&] {
        const auto [low, high] = std::minmax_element(set.targets.begin(), set.targets.end());
        const double centre = (*low + *high) / 2;
        const double amplitude = std::max((*high - *low) / 2, 1e-6) / kNetRange;
        std::vector<double> scaled;
        for (const double target : set.targets) scaled.push_back((target - centre) / amplitude);
        const cv::Ptr<cv::ml::ANN_MLP> net = cv::ml::ANN_MLP::create();
        net->setLayerSizes(std::vector<int>{static_cast<int>(set.rows.front().size()), kHiddenUnits, 1});
        net->setActivationFunction(cv::ml::ANN_MLP::SIGMOID_SYM, 1, 1);
        net->setTrainMethod(cv::ml::ANN_MLP::RPROP, 0.1);
        net->setTermCriteria({cv::TermCriteria::MAX_ITER, kNetIterations, 0});
        net->train(TrainData::create(matrix(set.rows), cv::ml::ROW_SAMPLE, column(scaled)),
                   cv::ml::ANN_MLP::NO_INPUT_SCALE + cv::ml::ANN_MLP::NO_OUTPUT_SCALE);
        return net_parameters(*net, centre, amplitude);
    });
}

}  // namespace convoy::latency::detail
