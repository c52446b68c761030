#include "util/hash.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

#include "util/error.hpp"

namespace convoy::util {

std::string sha256(std::span<const std::byte> data) {
    std::array<unsigned char, 32> digest{};
    if (EVP_Digest(data.data(), data.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1)
        throw Error(Errc::internal, "OpenSSL cannot compute SHA-256");
    return fmt::format("{:02x}", fmt::join(digest, ""));
}

std::string sha256(std::string_view text) { return sha256(std::as_bytes(std::span(text.data(), text.size()))); }

}  // namespace convoy::util
