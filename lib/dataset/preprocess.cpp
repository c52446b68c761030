#include "dataset/preprocess.hpp"

#include <fmt/format.h>

#include "util/error.hpp"
#include "yaml/document.hpp"

namespace convoy::dataset {
namespace {

const yaml::Schema& schema() {
    static const yaml::Schema table{
        "preprocess",
        {
            {.key = "size",
             .type = yaml::sequence_of(yaml::integer(1, 65536), 2, 2),
             .unit = "pixels",
             .required = true,
             .doc = "height and width of the model's input"},
            {.key = "crop",
             .type = yaml::choice({"none", "center"}),
             .default_text = "none",
             .doc = "none stretches the image; center cuts out its largest part of the right aspect ratio first"},
            {.key = "channels",
             .type = yaml::choice({"gray", "rgb", "bgr"}),
             .default_text = "rgb",
             .doc = "order of the model's input channels"},
            {.key = "mean",
             .type = yaml::sequence_of(yaml::any_number(), 1, 3),
             .default_text = "[0]",
             .doc = "subtracted from each pixel (0 to 255); one for all channels, or one each"},
            {.key = "scale",
             .type = yaml::sequence_of(yaml::any_number(), 1, 3),
             .default_text = "[1]",
             .doc = "multiplied with the difference; one for all channels, or one each"},
            {.key = "labels", .type = yaml::text(), .doc = "file with the classes' names, one a line"},
        }};
    return table;
}

std::vector<float> per_channel(const yaml::Reader& reader, std::size_t channels) {
    const std::vector<double> given = reader.numbers();
    if (given.size() != 1 && given.size() != channels) reader.fail("needs one number, or one for each channel");
    std::vector<float> result;
    for (std::size_t i = 0; i < channels; ++i)
        result.push_back(static_cast<float>(given.size() == 1 ? given[0] : given[i]));
    return result;
}

}  // namespace

const yaml::DocumentKind& preprocess_kind() {
    static const yaml::DocumentKind kind{"preprocess", 1, 1, schema()};
    return kind;
}

Preprocess read_preprocess(const util::FileView& file) {
    const yaml::Document document = yaml::open_document(preprocess_kind(), file);
    const yaml::Reader root = document.root();
    Preprocess preprocess;
    const std::vector<std::int64_t> size = root["size"].integers();
    preprocess.height = size[0];
    preprocess.width = size[1];
    preprocess.crop = root["crop"].string() == "center";
    const std::string channels = root["channels"].string();
    preprocess.channels = channels == "gray" ? Channels::gray : channels == "rgb" ? Channels::rgb : Channels::bgr;
    const std::size_t count = preprocess.channels == Channels::gray ? 1 : 3;
    preprocess.mean = per_channel(root["mean"], count);
    preprocess.scale = per_channel(root["scale"], count);
    if (const auto labels = root.optional("labels")) {
        try {
            preprocess.labels = read_labels(util::resolve_beside(file.name(), labels->string()).string());
        } catch (util::Error& error) {
            throw error.context(fmt::format("while reading {}", file.name()));
        }
    }
    return preprocess;
}

std::vector<std::string> read_labels(const std::string& path) {
    constexpr std::uint64_t kLargest = 16 << 20;
    const util::FileView file = util::FileView::open(path, kLargest);
    std::vector<std::string> labels;
    std::string_view left = file.text();
    while (!left.empty()) {
        const std::size_t end = std::min(left.find('\n'), left.size());
        std::string_view line = left.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        labels.emplace_back(line);
        left.remove_prefix(std::min(end + 1, left.size()));
    }
    return labels;
}

}  // namespace convoy::dataset
