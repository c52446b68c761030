#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <mutex>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "dataset/image_header.hpp"
#include "dataset/preprocess.hpp"
#include "util/error.hpp"

namespace convoy::dataset {
namespace {

constexpr std::uint64_t kLargestFile = 256 << 20;
constexpr std::size_t kMostPixels = 100'000'000;

void silence_opencv() {
    static std::once_flag once;
    std::call_once(once, [] {
        cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
        cv::redirectError([](int, const char*, const char*, const char*, int, void*) { return 0; });
    });
}

/// Everything about the file that can be known without decoding it: before any memory is taken, and before libpng
/// prints on stderr.
void check_header(const util::FileView& file) {
    const auto size = detail::pixel_size(file.bytes());
    if (!size) {
        throw util::Error(util::Errc::data, fmt::format("'{}' is not an image that can be read", file.name()))
            .hint("PNG, JPEG, BMP and PNM are read");
    }
    if (size->height == 0 || size->width == 0 || size->width > kMostPixels / size->height) {
        throw util::Error(util::Errc::data,
                          fmt::format("'{}' has {} x {} pixels; from 1 to {} million are read", file.name(),
                                      size->height, size->width, kMostPixels / 1'000'000));
    }
    if (detail::is_png(file.bytes()) && !detail::whole_png(file.bytes())) {
        throw util::Error(util::Errc::data, fmt::format("'{}' is damaged or cut off", file.name()));
    }
}

/// The largest centred part with the aspect ratio of the wanted size.
cv::Rect central_part(const cv::Mat& image, const cv::Size& wanted) {
    const double factor =
        std::min(static_cast<double>(image.cols) / wanted.width, static_cast<double>(image.rows) / wanted.height);
    const int width = std::clamp(static_cast<int>(std::lround(wanted.width * factor)), 1, image.cols);
    const int height = std::clamp(static_cast<int>(std::lround(wanted.height * factor)), 1, image.rows);
    return {(image.cols - width) / 2, (image.rows - height) / 2, width, height};
}

cv::Mat decode(const std::string& path, const Preprocess& preprocess) {
    const util::FileView file = util::FileView::open(path, kLargestFile);
    const std::span<const std::byte> bytes = file.bytes();
    const int mode = preprocess.channels == Channels::gray ? cv::IMREAD_GRAYSCALE : cv::IMREAD_COLOR;
    silence_opencv();
    check_header(file);
    // imdecode only reads, but takes no constant input.
    const cv::Mat encoded(1, static_cast<int>(bytes.size()), CV_8U, const_cast<std::byte*>(bytes.data()));
    const cv::Mat image = cv::imdecode(encoded, mode);
    if (image.empty()) throw util::Error(util::Errc::data, fmt::format("'{}' is damaged or cut off", path));
    return image;
}

/// The image in the size of the model's input.
cv::Mat fitted(const std::string& path, const Preprocess& preprocess) {
    cv::Mat image = decode(path, preprocess);
    const cv::Size wanted(static_cast<int>(preprocess.width), static_cast<int>(preprocess.height));
    if (preprocess.crop) image = image(central_part(image, wanted));
    if (image.size() == wanted) return image;
    const bool shrinks = image.cols >= wanted.width && image.rows >= wanted.height;
    cv::Mat resized;
    cv::resize(image, resized, wanted, 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
    return resized;
}

util::Error unreadable(const std::string& path, const cv::Exception& error) {
    return {util::Errc::data, fmt::format("'{}' cannot be read as an image: {}", path, error.err)};
}

}  // namespace

graph::Tensor read_image(const std::string& path, const Preprocess& preprocess) try {
    const cv::Mat image = fitted(path, preprocess);
    const int channels = image.channels();
    graph::Tensor tensor({graph::make_box(1, channels, preprocess.height, preprocess.width)});
    float* to = tensor.floats();
    for (int c = 0; c < channels; ++c) {
        const int from = preprocess.channels == Channels::rgb ? channels - 1 - c : c;  // OpenCV decodes to BGR
        const auto channel = static_cast<std::size_t>(c);
        for (int y = 0; y < image.rows; ++y) {
            const std::uint8_t* row = image.ptr(y) + from;
            for (int x = 0; x < image.cols; ++x)
                *to++ = (static_cast<float>(row[x * channels]) - preprocess.mean[channel]) * preprocess.scale[channel];
        }
    }
    return tensor;
} catch (const cv::Exception& error) {
    throw unreadable(path, error);
}

util::Bytes jpeg_bytes(const std::string& path, const Preprocess& preprocess, int quality) try {
    std::vector<std::uint8_t> encoded;
    cv::imencode(".jpg", fitted(path, preprocess), encoded, {cv::IMWRITE_JPEG_QUALITY, quality});
    return util::Bytes(static_cast<std::int64_t>(encoded.size()));
} catch (const cv::Exception& error) {
    throw unreadable(path, error);
}

bool is_image_name(const std::string& path) {
    static constexpr std::array kEndings{".png", ".jpg", ".jpeg", ".bmp", ".pgm", ".ppm", ".pnm"};
    std::string ending = std::filesystem::path(path).extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}

}  // namespace convoy::dataset
