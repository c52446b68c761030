#include "util/hash.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "util/error.hpp"
#include "util/file.hpp"
#include "util/mapped_memory.hpp"

namespace convoy::util {

namespace {

unsigned char* bytes_of(Digest& digest) { return reinterpret_cast<unsigned char*>(digest.data()); }

std::string hex(const Digest& digest) {
    std::string text;
    for (const std::byte byte : digest) text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
    return text;
}

}  // namespace

Digest sha256_digest(std::span<const std::byte> data) {
    Digest digest{};
    if (EVP_Digest(data.data(), data.size(), bytes_of(digest), nullptr, EVP_sha256(), nullptr) != 1)
        throw Error(Errc::internal, "OpenSSL cannot compute SHA-256");
    return digest;
}

std::string sha256(std::span<const std::byte> data) { return hex(sha256_digest(data)); }

std::string sha256(const FileView& file) {
    constexpr std::size_t kStep = std::size_t{1} << 20;
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    Digest digest{};
    bool good = context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
    for (std::span<const std::byte> left = file.bytes(); good && !left.empty();) {
        const auto part = left.first(std::min(kStep, left.size()));
        good = EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
        release_mapped(part);
        left = left.subspan(part.size());
    }
    if (!good || EVP_DigestFinal_ex(context.get(), bytes_of(digest), nullptr) != 1)
        throw Error(Errc::internal, "OpenSSL cannot compute SHA-256");
    return hex(digest);
}

bool is_sha256(std::string_view text) noexcept {
    constexpr std::size_t kDigits = 64;
    return text.size() == kDigits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string sha256(std::string_view text) { return sha256(std::as_bytes(std::span(text.data(), text.size()))); }

}  // namespace convoy::util
