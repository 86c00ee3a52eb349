#include "server/request_handler.hpp"
#include "server/served_json.hpp"
#include "unit/refreshing_provider_support.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <gmock/gmock.h>

namespace aws_refresh_session::server {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kToken = "token-of-the-server-SECRETCANARY";

HeaderValue once(std::string_view value) {
  return {1, value};
}

Request get(std::string_view target, std::string_view token = kToken) {
  Request request;
  request.target = target;
  request.host = once("127.0.0.1:4711");
  request.authorization = once(token);
  return request;
}

/// Two roles on one clock, of which the first is scripted by the tests.
struct Served {
  explicit Served(bool imds = false, bool page = false) {
    auto shared = std::shared_ptr<RefreshingCredentialsProvider>{std::move(engine.provider)};
    other_provider = std::make_shared<RefreshingCredentialsProvider>(
        std::make_shared<ScriptedSource>([clock = engine.clock](const ResolveContext&) {
          return Credentials{"ASIAOTHER", "secret-SECRETCANARY-other", "token-SECRETCANARY-other", clock->now() + 1h};
        }),
        RefreshOptions{}, EngineSeams{.clock = engine.clock, .scheduler = engine.scheduler});
    provider = shared;
    handler.emplace(std::vector{ServedRole{"build", shared, "/role/build", "arn:aws:iam::123456789012:role/build"},
                                ServedRole{"other", other_provider, "/role/other", ""}},
                    RequestHandler::Settings{SecretString{kToken}, HostCheck{{"127.0.0.1", "localhost"}}, imds, page,
                                             900ms, engine.clock});
  }

  Answer ask(const Request& request) {
    auto answer = handler->answer(request, engine.clock->steady_now());
    if (!answer) {
      ADD_FAILURE() << "the handler wants to wait for " << request.target;
    }
    return answer ? std::move(*answer) : Answer{};
  }

  EngineFixture engine;
  std::shared_ptr<RefreshingCredentialsProvider> provider;
  std::shared_ptr<RefreshingCredentialsProvider> other_provider;
  std::optional<RequestHandler> handler;
};

std::string text(const Answer& answer) {
  return {answer.body.begin(), answer.body.end()};
}

TEST(RequestHandlerTest, RoleWithASetIsServedAsClientsReadIt) {
  Served served;
  const auto set = served.provider->credentials();

  const auto answer = served.ask(get("/role/build"));

  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.content_type, "application/json");
  const auto body = text(answer);
  EXPECT_THAT(body, HasSubstr("{\"AccessKeyId\":\"" + set->access_key_id() + "\",\"SecretAccessKey\":\""));
  EXPECT_THAT(body, HasSubstr("\"Token\":\""));
  EXPECT_THAT(body, Not(HasSubstr("SessionToken")));
  EXPECT_THAT(body, ::testing::ContainsRegex("\"Expiration\":\"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z\""));
  EXPECT_THAT(body, HasSubstr("\"RoleArn\":\"arn:aws:iam::123456789012:role/build\""));
}

TEST(RequestHandlerTest, EveryRoleHasItsPath) {
  Served served;
  static_cast<void>(served.other_provider->credentials());
  EXPECT_THAT(text(served.ask(get("/role/other"))), HasSubstr("ASIAOTHER"));
}

TEST(RequestHandlerTest, KeysThatLastGetAnEmptyTokenAndAnHour) {
  Served served;
  served.engine.source->answer_with([](const ResolveContext&) {
    return Credentials{"AKIALASTS", "secret-SECRETCANARY"};
  });
  static_cast<void>(served.provider->credentials());

  const auto body = text(served.ask(get("/role/build")));

  EXPECT_THAT(body, HasSubstr("\"Token\":\"\",\"Expiration\":\"" + utc_text(served.engine.clock->now() + 1h) + "\""));
}

struct Refused {
  const char* name;
  Request request;
  unsigned status;
};

Request with(Request request, const std::function<void(Request&)>& change) {
  change(request);
  return request;
}

class RequestHandlerRefusals : public ::testing::TestWithParam<Refused> {};

TEST_P(RequestHandlerRefusals, AnswersWithTheStatusAndNoSecret) {
  Served served{true};
  static_cast<void>(served.provider->credentials());

  const auto answer = served.ask(GetParam().request);

  EXPECT_EQ(answer.status, GetParam().status);
  const auto body = text(answer);
  EXPECT_TRUE(body.find("SECRETCANARY") == std::string::npos);
  EXPECT_THAT(body, HasSubstr("{\"code\":\""));
  EXPECT_THAT(body, HasSubstr("\"message\":\""));
}

const Request kGood = get("/role/build");
INSTANTIATE_TEST_SUITE_P(
    , RequestHandlerRefusals,
    ::testing::Values(
        Refused{"WrongToken", get("/role/build", "token-of-the-server-SECRETCANARX"), 401},
        Refused{"TokenWithATail", get("/role/build", "token-of-the-server-SECRETCANARY1"), 401},
        Refused{"TokenCutShort", get("/role/build", "token-of-the-server"), 401},
        Refused{"EmptyToken", get("/role/build", ""), 401},
        Refused{"BearerToken", get("/role/build", "Bearer token-of-the-server-SECRETCANARY"), 401},
        Refused{"NoToken", with(kGood, [](Request& r) { r.authorization = {}; }), 401},
        Refused{"TwoTokens", with(kGood, [](Request& r) { r.authorization.count = 2; }), 401},
        Refused{"UnknownPathWithoutToken", get("/role/nobody", "x"), 401},
        Refused{"UnknownPath", get("/role/nobody"), 404}, Refused{"PathWithQuery", get("/role/build?x"), 404},
        Refused{"PathWithSlash", get("/role/build/"), 404}, Refused{"PathWithTwoSlashes", get("//role/build"), 404},
        Refused{"PathThatClimbs", get("/role/../role/build"), 404}, Refused{"PathEncoded", get("/role/%62uild"), 404},
        Refused{"PathUpperCase", get("/ROLE/BUILD"), 404},
        Refused{"AbsoluteForm", get("http://127.0.0.1/role/build"), 404}, Refused{"Asterisk", get("*"), 404},
        Refused{"MetricsWithoutToken", get("/metrics", ""), 401}, Refused{"PageThatIsOff", get("/ui/"), 404},
        Refused{"Put", with(kGood, [](Request& r) { r.method = Method::put; }), 405},
        Refused{"Post", with(kGood, [](Request& r) { r.method = Method::other; }), 405},
        Refused{"NoHost", with(kGood, [](Request& r) { r.host = {}; }), 400},
        Refused{"TwoHosts", with(kGood, [](Request& r) { r.host.count = 2; }), 400},
        Refused{"ForeignHost", with(kGood, [](Request& r) { r.host = once("evil.example:4711"); }), 403},
        Refused{"HostWithATail", with(kGood, [](Request& r) { r.host = once("127.0.0.1.evil.example"); }), 403},
        Refused{"ForeignOrigin", with(kGood, [](Request& r) { r.origin = once("https://evil.example"); }), 403},
        Refused{"NullOrigin", with(kGood, [](Request& r) { r.origin = once("null"); }), 403},
        Refused{"Forwarded", with(kGood, [](Request& r) { r.forwarded_for = once("10.0.0.1"); }), 403},
        Refused{"Body", with(kGood, [](Request& r) { r.has_body = true; }), 413},
        Refused{"MetadataWithoutSession", get("/latest/meta-data/iam/security-credentials/"), 401},
        Refused{"MetadataTokenByGet", get("/latest/api/token"), 405},
        Refused{"MetadataTokenWithoutLife", with(get("/latest/api/token"), [](Request& r) { r.method = Method::put; }),
                400}),
    [](const ::testing::TestParamInfo<Refused>& each) { return each.param.name; });

TEST(RequestHandlerTest, WithoutASetItWaitsThenSaysSo) {
  // The flight is queued and never runs: a source that does not answer.
  EngineFixture slow{{}, 1h, EngineFixture::Mode::queued};
  RequestHandler handler{{ServedRole{"slow", std::shared_ptr{std::move(slow.provider)}, "/role/slow", ""}},
                         {SecretString{kToken}, HostCheck{{"127.0.0.1"}}, false, false, 900ms, slow.clock}};
  const auto asked_at = slow.clock->steady_now();

  EXPECT_FALSE(handler.answer(get("/role/slow"), asked_at).has_value());
  slow.clock->advance(899ms);
  EXPECT_FALSE(handler.answer(get("/role/slow"), asked_at).has_value());
  slow.clock->advance(1ms);
  const auto answer = handler.answer(get("/role/slow"), asked_at);

  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 503U);
  EXPECT_TRUE(answer->retry_soon);
  EXPECT_THAT(text(*answer), HasSubstr("\"code\":\"NotReady\""));
}

TEST(RequestHandlerTest, SetThatComesInTimeIsServed) {
  EngineFixture slow{{}, 1h, EngineFixture::Mode::queued};
  RequestHandler handler{{ServedRole{"slow", std::shared_ptr{std::move(slow.provider)}, "/role/slow", ""}},
                         {SecretString{kToken}, HostCheck{{"127.0.0.1"}}, false, false, 900ms, slow.clock}};
  const auto asked_at = slow.clock->steady_now();
  ASSERT_FALSE(handler.answer(get("/role/slow"), asked_at).has_value());

  slow.clock->advance(500ms);
  slow.scheduler->run_ready();
  const auto answer = handler.answer(get("/role/slow"), asked_at);

  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 200U);
}

TEST(RequestHandlerTest, FailureIsToldAtOnceInTheSourcesWords) {
  Served served;
  served.engine.source->answer_with([](const ResolveContext&) -> Credentials {
    throw RequestError{{.message = "Not allowed to assume the role.", .code = "AccessDenied", .status_code = 403}};
  });

  const auto answer = served.ask(get("/role/build"));

  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(text(answer), R"({"code":"AccessDenied","message":"Not allowed to assume the role."})");
}

TEST(RequestHandlerTest, ExpiredSetIsNeverServed) {
  RefreshOptions options;
  options.serve_expired = true;
  EngineFixture engine{options, 15min};
  auto provider = std::shared_ptr<RefreshingCredentialsProvider>{std::move(engine.provider)};
  RequestHandler handler{{ServedRole{"old", provider, "/role/old", ""}},
                         {SecretString{kToken}, HostCheck{{"127.0.0.1"}}, false, false, 900ms, engine.clock}};
  static_cast<void>(provider->credentials());
  engine.source->answer_with([](const ResolveContext&) -> Credentials {
    throw ConnectionError{{.message = "No answer.", .code = "Timeout"}};
  });

  engine.clock->advance(16min);
  static_cast<void>(provider->try_credentials());
  const auto answer = handler.answer(get("/role/old"), engine.clock->steady_now());

  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 503U);
  EXPECT_THAT(text(*answer), HasSubstr("\"code\":\"Timeout\""));
}

TEST(RequestHandlerTest, HealthTellsWhetherEveryRoleHasASet) {
  Served served;
  served.engine.source->answer_with(
      [](const ResolveContext&) -> Credentials { throw ConnectionError{{.message = "No.", .code = "Timeout"}}; });
  EXPECT_EQ(served.ask(get("/healthz", "")).status, 503U);

  served.engine.clock->advance(1h);
  served.engine.source->answer_with(served.engine.healthy());
  static_cast<void>(served.provider->credentials());
  static_cast<void>(served.other_provider->credentials());
  EXPECT_EQ(served.ask(get("/healthz", "")).status, 200U);
}

TEST(RequestHandlerTest, MetricsNameRolesAndNoSecret) {
  Served served;
  static_cast<void>(served.provider->credentials());
  served.handler->metrics().count(Outcome::unauthorized, 1ms);

  const auto body = text(served.ask(get("/metrics")));

  EXPECT_THAT(body, HasSubstr("aws_refresh_session_requests_total{outcome=\"unauthorized\"} 1\n"));
  EXPECT_THAT(body, HasSubstr("aws_refresh_session_request_seconds_bucket{le=\"+Inf\"} 1\n"));
  EXPECT_THAT(body, HasSubstr("aws_refresh_session_role_remaining_seconds{role=\"build\"} 3600\n"));
  EXPECT_THAT(body, HasSubstr("aws_refresh_session_role_refreshes_total{role=\"build\",result=\"success\"} 1\n"));
  EXPECT_TRUE(body.find("SECRETCANARY") == std::string::npos);
  EXPECT_EQ(served.ask(get("/metrics", "Bearer token-of-the-server-SECRETCANARY")).status, 200U);
}

TEST(RequestHandlerTest, PageIsOpenAndItsStateIsNot) {
  Served served{false, true};
  static_cast<void>(served.provider->credentials());
  served.engine.source->answer_with(EngineFixture::failing(ErrorKind::non_recoverable, "AccessDenied"));
  EXPECT_THROW(served.provider->refresh_now(), RequestError);

  for (const auto* path : {"/ui/", "/ui/page.css", "/ui/page.js", "/ui/icon.svg"}) {
    const auto file = served.ask(get(path, ""));
    EXPECT_EQ(file.status, 200U) << path;
    EXPECT_THAT(std::string{file.content_security_policy}, HasSubstr("default-src 'none'"));
    EXPECT_TRUE(text(file).find("SECRETCANARY") == std::string::npos);
    // Nothing from elsewhere but the name of SVG's language.
    EXPECT_THAT(text(file), Not(::testing::ContainsRegex("https?://[^w]")));
  }
  EXPECT_EQ(served.ask(get("/ui/state", "")).status, 401U);
  EXPECT_EQ(served.ask(get("/ui/none", "")).status, 404U);

  const auto state = text(served.ask(get("/ui/state")));
  EXPECT_THAT(state, HasSubstr(R"("name":"build","arn":"arn:aws:iam::123456789012:role/build","usable":true)"));
  EXPECT_THAT(state, HasSubstr(R"("remaining":3600,"lifetime":3600,"successes":1,"failures":1)"));
  EXPECT_THAT(state, HasSubstr(R"("error":{"code":"AccessDenied","message":"The service said no.","cure":"Compare)"));
  EXPECT_TRUE(state.find("SECRETCANARY") == std::string::npos);
}

TEST(RequestHandlerTest, MetadataSessionOpensTheListingAndTheRoles) {
  Served served{true};
  static_cast<void>(served.provider->credentials());
  auto put = get("/latest/api/token", "");
  put.method = Method::put;
  put.metadata_token_life = once("60");
  const auto session = served.ask(put);
  ASSERT_EQ(session.status, 200U);
  EXPECT_EQ(session.metadata_token_life, "60");
  const auto session_token = text(session);
  const auto ask = [&](std::string_view target) {
    auto request = get(target, "");
    request.metadata_token = once(session_token);
    return served.ask(request);
  };

  EXPECT_EQ(text(ask("/latest/meta-data/iam/security-credentials/")), "build");
  const auto set = text(ask("/latest/meta-data/iam/security-credentials/build"));
  EXPECT_THAT(set, HasSubstr("{\"Code\":\"Success\",\"LastUpdated\":\""));
  EXPECT_THAT(set, HasSubstr("\"Type\":\"AWS-HMAC\",\"AccessKeyId\":\""));
  EXPECT_EQ(ask("/latest/meta-data/iam/security-credentials/nobody").status, 404U);
  EXPECT_EQ(ask("/latest/meta-data/instance-id").status, 404U);
  EXPECT_EQ(ask("/role/build").status, 401U);

  served.engine.clock->advance(60s);
  EXPECT_EQ(ask("/latest/meta-data/iam/security-credentials/").status, 401U);
}

TEST(RequestHandlerTest, ServedRuleKeepsAQuarterOfAnHourOfLife) {
  EngineFixture engine{served_refresh_options(), 20min};
  auto& provider = *engine.provider;
  static_cast<void>(provider.credentials());
  for (int second = 0; second < 7'200; ++second) {
    engine.clock->advance(1s);
    engine.scheduler->run_ready();
    ASSERT_GE(*provider.credentials()->expiration() - engine.clock->now(), 15min) << second;
  }
}

}  // namespace
}  // namespace aws_refresh_session::server
