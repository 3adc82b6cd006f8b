// Runs a harness without libFuzzer, which gcc lacks: every file named or in a folder named, then mutations of them
// until the time is over. No coverage guides it; it is there to run the code under sanitizers.
//
//   harness <seconds> <seed> <file or folder>…
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

using Bytes = std::vector<uint8_t>;

void addFile(const std::filesystem::path& path, std::vector<Bytes>& corpus) {
  std::ifstream file(path, std::ios::binary);
  corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

// Changes bytes, cuts a stretch out, or repeats one.
void mutate(Bytes& bytes, std::mt19937& random) {
  const auto below = [&random](size_t bound) { return bound == 0 ? 0 : random() % bound; };
  for (size_t change = 1 + below(8); change > 0; --change) {
    const size_t at = below(bytes.size());
    const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    const auto to = from + static_cast<std::ptrdiff_t>(below(std::min<size_t>(bytes.size() - at, 64)));
    switch (below(4)) {
      case 0:
        bytes.erase(from, to);
        break;
      case 1: {
        const Bytes stretch(from, to);
        bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(below(bytes.size())), stretch.begin(), stretch.end());
        break;
      }
      default:
        if (at < bytes.size()) bytes[at] = static_cast<uint8_t>(random());
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: %s <seconds> <seed> <file or folder>...\n", argv[0]);
    return 2;
  }
  std::vector<Bytes> corpus;
  for (int i = 3; i < argc; ++i) {
    if (std::filesystem::is_directory(argv[i])) {
      for (const auto& entry : std::filesystem::directory_iterator(argv[i])) addFile(entry.path(), corpus);
    } else {
      addFile(argv[i], corpus);
    }
  }
  for (const Bytes& bytes : corpus) LLVMFuzzerTestOneInput(bytes.data(), bytes.size());

  constexpr size_t kMaxSize = 1 << 14;
  std::mt19937 random(static_cast<uint32_t>(std::strtoul(argv[2], nullptr, 10)));
  size_t cases = corpus.size();
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(std::atof(argv[1]));
  for (; !corpus.empty() && std::chrono::steady_clock::now() < end; ++cases) {
    Bytes bytes = corpus[random() % corpus.size()];
    mutate(bytes, random);
    bytes.resize(std::min(bytes.size(), kMaxSize));
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  std::printf("%zu inputs\n", cases);
  return cases == 0 ? 1 : 0;
}
