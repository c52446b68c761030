#include <unistd.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>

#include "dataset/preprocess.hpp"
#include "support/catalogue.hpp"
#include "util/error.hpp"

using namespace convoy;
using namespace convoy::dataset;

namespace {

const std::string kDigit = CONVOY_TEST_DATA "/../../examples/models/digits/0009_9.png";
const std::string kJpeg = CONVOY_TEST_DATA "/images/tiny.jpg";

Preprocess stretched(graph::Index height, graph::Index width) {
    return {height, width, false, Channels::rgb, {0, 0, 0}, {1, 1, 1}, {}};
}

/// What read_image says about a file with this content, without the file's name.
std::string refusal(const std::string& content) {
    const auto path = std::filesystem::temp_directory_path() / ("convoy_image_" + std::to_string(::getpid()));
    util::write_file(path.string(), content);
    std::string said = "accepted";
    try {
        (void)read_image(path.string(), stretched(2, 2));
    } catch (const util::Error& error) {
        CHECK(error.code() == util::Errc::data);
        said = error.message().substr(path.string().size() + 3);
    }
    std::filesystem::remove(path);
    return said;
}

std::string text_of(const std::string& path) { return std::string(util::FileView::open(path).text()); }

}  // namespace

TEST_CASE("dataset: PNG and JPEG images are read", "[dataset]") {
    CHECK(read_image(kDigit, stretched(32, 32)).view().volume() == 3 * 32 * 32);
    const graph::Tensor tiny = read_image(kJpeg, stretched(6, 10));
    CHECK(std::abs(tiny.floats()[0] - 200) < 8);
    CHECK(std::abs(tiny.floats()[60] - 40) < 8);
    CHECK(std::abs(tiny.floats()[120] - 90) < 8);
}

TEST_CASE("dataset: an image as JPEG grows with its size and quality", "[dataset]") {
    const util::Bytes small = jpeg_bytes(kDigit, stretched(32, 32), 90);
    CHECK(small > util::Bytes(300));
    CHECK(small < util::Bytes(3 * 32 * 32));
    CHECK(jpeg_bytes(kDigit, stretched(128, 128), 90) > small);
    CHECK(jpeg_bytes(kDigit, stretched(32, 32), 20) < small);
    CHECK_THROWS_AS(jpeg_bytes(kDigit + ".missing", stretched(32, 32), 90), util::Error);
}

TEST_CASE("dataset: a cut off or changed PNG is refused", "[dataset]") {
    const std::string png = text_of(kDigit);
    for (std::size_t length = 24; length < png.size(); length += 7) {
        CHECK(refusal(png.substr(0, length)) == "is damaged or cut off");
    }
    std::string changed = png;
    changed[png.size() / 2] ^= 1;
    CHECK(refusal(changed) == "is damaged or cut off");
}

TEST_CASE("dataset: what is no image, or too large, is refused before it is decoded", "[dataset]") {
    CHECK(refusal("") == "is not an image that can be read");
    CHECK(refusal("GIF89a....") == "is not an image that can be read");
    CHECK(refusal("P5 999999 999999 255\n") == "has 999999 x 999999 pixels; from 1 to 100 million are read");
    CHECK(refusal("P5 0 4 255\n") == "has 4 x 0 pixels; from 1 to 100 million are read");
    CHECK(refusal(text_of(kJpeg).substr(0, 30)) == "is not an image that can be read");
}

TEST_CASE("dataset: bad preprocess files are refused with place and hint", "[dataset]") {
    test::check_catalogue("preprocess", [](const util::FileView& file) { (void)read_preprocess(file); });
}
