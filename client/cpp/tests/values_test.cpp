// Parameters, options and text: what needs no daemon.

#include <cstdlib>
#include <limits>

#include "daemon.hpp"
#include "settings.hpp"

namespace {

using ashad::Params;
using test::error_of;
using test::message_of;

const Params params{{"lr", 0.1},          {"units", 300},  {"most", INT64_MAX},
                    {"least", INT64_MIN}, {"act", "relu"}, {"bias", true}};

TEST(Values, ComeInTheirOwnType) {
  EXPECT_EQ(0.1, params.get<double>("lr"));
  EXPECT_EQ(0.1F, params.get<float>("lr"));
  EXPECT_EQ(300, params.get<int>("units"));
  EXPECT_EQ(300U, params.get<std::size_t>("units"));
  EXPECT_EQ(300.0, params.get<double>("units"));
  EXPECT_EQ(INT64_MAX, params.get<std::int64_t>("most"));
  EXPECT_EQ(INT64_MIN, params.get<long long>("least"));
  EXPECT_EQ("relu", params.get<std::string>("act"));
  EXPECT_TRUE(params.get<bool>("bias"));
  EXPECT_EQ(6U, params.size());
  EXPECT_TRUE(params.contains("lr"));
  EXPECT_FALSE(params.contains("LR"));
}

TEST(Values, WhatDoesNotFitIsNamed) {
  EXPECT_EQ("INVALID_ARGUMENT INVALID_ARGUMENT", error_of([] { params.get<int>("lr"); }));
  const auto message = [](auto get) { return message_of(get); };
  EXPECT_NE(std::string::npos,
            message([] { params.get<int>("lr"); }).find("lr is the floating-point"));
  EXPECT_NE(std::string::npos,
            message([] { params.get<double>("act"); }).find("the string \"relu\""));
  EXPECT_NE(std::string::npos, message([] { params.get<bool>("units"); }).find("not a bool"));
  EXPECT_NE(std::string::npos,
            message([] { params.get<int>("learning_rate"); }).find("there are: lr, units"));
  EXPECT_NE("", error_of([] { params.get<std::uint8_t>("units"); }));
  EXPECT_NE("", error_of([] { params.get<int>("most"); }));
  EXPECT_NE("", error_of([] { params.get<std::uint64_t>("least"); }));
  EXPECT_NE("", error_of([] { params.get<double>("most"); }));
  EXPECT_NE("", error_of([] { params.get<std::string>("bias"); }));
}

std::string refused(void (*change)(ashad::Options&)) {
  ashad::Options options;
  change(options);
  return message_of([&] { ashad::connect(options); });
}

TEST(Options, WhatCannotBeRightIsRefused) {
  using Options = ashad::Options;
  EXPECT_NE(std::string::npos,
            refused([](Options& o) { o.address = "http://host:1"; }).find("without http://"));
  EXPECT_NE(std::string::npos, refused([](Options& o) { o.worker = "a b"; }).find("worker:"));
  EXPECT_NE(std::string::npos,
            refused([](Options& o) { o.worker.assign(201, 'x'); }).find("worker:"));
  EXPECT_NE(std::string::npos,
            refused([](Options& o) { o.max_wait = ashad::Seconds(301); }).find("max_wait:"));
  EXPECT_NE(std::string::npos, refused([](Options& o) {
                                 o.outage =
                                     ashad::Seconds(std::numeric_limits<double>::quiet_NaN());
                               }).find("outage:"));
  EXPECT_NE(std::string::npos,
            refused([](Options& o) { o.ca = "/nowhere.pem"; }).find("ca: cannot be read"));
  EXPECT_NE(std::string::npos,
            refused([](Options& o) { o.ca = "/etc/passwd"; }).find("ca: no PEM file"));
  EXPECT_NE(std::string::npos, refused([](Options& o) { o.cert = "x"; }).find("cert and key"));
  EXPECT_NE(std::string::npos,
            refused([](Options& o) { o.cert = o.key = "x"; }).find("over TLS only"));
  EXPECT_NE(std::string::npos,
            refused([](Options& o) { o.token_file = "/nowhere"; }).find("token_file: cannot"));
  EXPECT_EQ("", refused([](Options& o) { o.address = "host"; }));
}

TEST(Options, AddressAndWorkerAreFilledIn) {
  const auto address = [](const char* given) {
    return ashad::connect(std::string(given)).address();
  };
  EXPECT_EQ("127.0.0.1:2742", address(""));
  EXPECT_EQ("gpu-head:2742", address("gpu-head"));
  EXPECT_EQ("gpu-head:99", address("gpu-head:99"));
  EXPECT_EQ("[::1]:2742", address("[::1]"));
  EXPECT_EQ("[::1]:99", address("[::1]:99"));
  EXPECT_EQ("unix:/run/ashad.sock", address("unix:/run/ashad.sock"));
  EXPECT_EQ("dns:///gpu-head:99", address("dns:///gpu-head:99"));
  setenv("ASHAD_ADDRESS", "far:1", 1);
  setenv("ASHAD_WORKER", "slot-2", 1);
  EXPECT_EQ("far:1", ashad::connect().address());
  EXPECT_EQ("slot-2", ashad::connect().worker());
  unsetenv("ASHAD_ADDRESS");
  unsetenv("ASHAD_WORKER");
  EXPECT_NE(ashad::connect().worker(), ashad::connect().worker());
}

TEST(Options, OnlyLoopbackIsLoopback) {
  for (const char* near : {"127.0.0.1:1", "127.1.2.3:1", "localhost:1", "[::1]:1", "unix:/a",
                           "unix-abstract:a", "dns:///localhost:1", "dns:127.0.0.1:1",
                           "ipv4:127.0.0.1:1", "ipv6:[::1]:1", "dns://8.8.8.8/localhost:1"})
    EXPECT_TRUE(ashad::detail::is_loopback(near)) << near;
  for (const char* far :
       {"127.evil.com:1", "127.0.0.1.evil.com:1", "localhost.evil.com:1", "10.0.0.1:1",
        "ipv4:127.0.0.1:1,10.0.0.1:1", "dns:///evil:1", "dns://127.0.0.1/evil:1", "[::2]:1",
        "dns://localhost:1", "dns:", "dns://", "dns:///", "evil:1?127.0.0.1:1",
        "ipv6:[::1]:1,[::2]:1", "127.0.0.1@evil:1", "user:127.0.0.1:1"})
    EXPECT_FALSE(ashad::detail::is_loopback(far)) << far;
}

TEST(Text, BecomesUtf8) {
  using ashad::detail::utf8;
  const std::string good = "grüße-🚀-日本", mark = "\xEF\xBF\xBD";
  EXPECT_EQ(good, utf8(good));
  EXPECT_EQ("gr" + mark + "n", utf8("gr\xFCn"));
  EXPECT_EQ(mark + mark + "a", utf8("\xC0\x80"
                                    "a"));                         // overlong
  EXPECT_EQ(mark + mark + mark, utf8("\xED\xA0\x80"));             // a surrogate
  EXPECT_EQ(mark + mark + mark + mark, utf8("\xF4\x90\x80\x80"));  // beyond the last
  EXPECT_EQ("a" + mark + mark, utf8("a\xF0\x9F"));                 // cut off
  EXPECT_EQ("grü", utf8(good, 3));
  EXPECT_EQ(std::string("a\0b", 3), utf8(std::string("a\0b", 3)));
}

TEST(Text, AnUuidIsOfVersionFour) {
  const std::string one = ashad::detail::uuid();
  ASSERT_EQ(36U, one.size());
  EXPECT_EQ('4', one[14]);
  EXPECT_NE(std::string::npos, std::string("89ab").find(one[19]));
  EXPECT_EQ(4, std::count(one.begin(), one.end(), '-'));
  EXPECT_NE(one, ashad::detail::uuid());
}

}  // namespace
