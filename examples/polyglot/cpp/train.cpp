// A worker in C++: trains a small neural network on handwritten digits with Eigen, epoch by epoch.
//
// STUDY DATA_FOLDER: the folder holds train.csv and validation.csv, rows of a label and 64 pixels
// from 0 to 16. Searched: learning_rate, hidden, batch_size; reported: validation_error.

#include <Eigen/Dense>
#include <algorithm>
#include <ashad/client.hpp>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <numeric>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Eigen::Index;
using Eigen::MatrixXf;
using Eigen::VectorXf;

constexpr Index kPixels = 64;
constexpr Index kClasses = 10;

// Images, one in each column, and what they show.
struct Digits {
  MatrixXf images;
  std::vector<Index> labels;
};

Digits read(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::vector<float> pixels;
  Digits digits;
  for (std::string line, cell; std::getline(file, line);) {
    std::istringstream cells(line);
    std::getline(cells, cell, ',');
    digits.labels.push_back(std::stol(cell));
    while (std::getline(cells, cell, ',')) pixels.push_back(std::stof(cell) / 16);
  }
  const auto count = static_cast<Index>(digits.labels.size());
  digits.images = Eigen::Map<const MatrixXf>(pixels.data(), kPixels, count);
  return digits;
}

// One hidden layer of rectifiers, softmax, cross entropy, stochastic gradient descent.
class Network {
 public:
  Network(const ashad::Params& params, std::int64_t seed)
      : random_(static_cast<std::uint64_t>(seed)),
        rate_(static_cast<float>(params.get<double>("learning_rate"))),
        batch_size_(params.get<Index>("batch_size")),
        first_(weights(params.get<Index>("hidden"), kPixels)),
        second_(weights(kClasses, params.get<Index>("hidden"))),
        first_bias_(VectorXf::Zero(first_.rows())),
        second_bias_(VectorXf::Zero(kClasses)) {}

  void train_one_epoch(const Digits& digits) {
    std::vector<Index> order(digits.labels.size());
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random_);
    const auto count = static_cast<Index>(order.size());
    for (Index begin = 0; begin < count; begin += batch_size_) {
      const Index size = std::min(batch_size_, count - begin);
      descend(digits, order.data() + begin, size);
    }
  }

  // The share of images that are taken for something else.
  [[nodiscard]] double error(const Digits& digits) const {
    const MatrixXf scores = output(hidden(digits.images));
    Index wrong = 0;
    for (Index i = 0; i < scores.cols(); ++i) {
      const Index label = digits.labels[static_cast<std::size_t>(i)];
      // Counted so that NaN is wrong.
      wrong += (scores.col(i).array() < scores(label, i)).count() == kClasses - 1 ? 0 : 1;
    }
    return static_cast<double>(wrong) / static_cast<double>(scores.cols());
  }

 private:
  void descend(const Digits& digits, const Index* chosen, Index size) {
    MatrixXf images(kPixels, size);
    for (Index i = 0; i < size; ++i) images.col(i) = digits.images.col(chosen[i]);
    const MatrixXf active = hidden(images);
    MatrixXf slope = output(active);
    slope = (slope.rowwise() - slope.colwise().maxCoeff()).array().exp();
    slope.array().rowwise() /= slope.colwise().sum().array().eval();
    for (Index i = 0; i < size; ++i) {
      slope(digits.labels[static_cast<std::size_t>(chosen[i])], i) -= 1;
    }
    const MatrixXf back =
        ((second_.transpose() * slope).array() * (active.array() > 0).cast<float>()).matrix();
    const float step = rate_ / static_cast<float>(size);
    second_.noalias() -= step * slope * active.transpose();
    second_bias_ -= step * slope.rowwise().sum();
    first_.noalias() -= step * back * images.transpose();
    first_bias_ -= step * back.rowwise().sum();
  }

  [[nodiscard]] MatrixXf hidden(const MatrixXf& images) const {
    return ((first_ * images).colwise() + first_bias_).cwiseMax(0);
  }

  [[nodiscard]] MatrixXf output(const MatrixXf& active) const {
    return (second_ * active).colwise() + second_bias_;
  }

  MatrixXf weights(Index to, Index from) {
    std::normal_distribution<float> normal(0, std::sqrt(2.0F / static_cast<float>(from)));
    return MatrixXf::NullaryExpr(to, from, [&] { return normal(random_); });
  }

  std::mt19937_64 random_;
  float rate_;
  Index batch_size_;
  MatrixXf first_, second_;
  VectorXf first_bias_, second_bias_;
};

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) throw std::runtime_error("train STUDY DATA_FOLDER");
  const Digits train = read(std::string(argv[2]) + "/train.csv");
  const Digits validation = read(std::string(argv[2]) + "/validation.csv");
  ashad::Client client = ashad::connect();
  client.trials(argv[1], [&](ashad::Trial& trial) {
    Network network(trial.params(), trial.seed());
    for (const auto epoch : trial.steps()) {
      network.train_one_epoch(train);
      trial.report(epoch, network.error(validation));
    }
  });
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
