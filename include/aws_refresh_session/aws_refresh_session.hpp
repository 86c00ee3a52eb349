#pragma once

/// \file
/// Everything, in one include.

#include <aws_refresh_session/client_cache.hpp>
#include <aws_refresh_session/client_key.hpp>
#include <aws_refresh_session/clock.hpp>
#include <aws_refresh_session/console.hpp>
#include <aws_refresh_session/credential_cache.hpp>
#include <aws_refresh_session/credentials.hpp>
#include <aws_refresh_session/credentials_file.hpp>
#include <aws_refresh_session/credentials_provider.hpp>
#include <aws_refresh_session/custom.hpp>
#include <aws_refresh_session/environment.hpp>
#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/explain.hpp>
#include <aws_refresh_session/http_body.hpp>
#include <aws_refresh_session/http_transport.hpp>
#include <aws_refresh_session/profiles.hpp>
#include <aws_refresh_session/provider_seams.hpp>
#include <aws_refresh_session/providers/container.hpp>
#include <aws_refresh_session/providers/default_chain.hpp>
#include <aws_refresh_session/providers/imds.hpp>
#include <aws_refresh_session/providers/login.hpp>
#include <aws_refresh_session/providers/process.hpp>
#include <aws_refresh_session/providers/profile.hpp>
#include <aws_refresh_session/providers/sso.hpp>
#include <aws_refresh_session/providers/web_identity.hpp>
#include <aws_refresh_session/refreshing_provider.hpp>
#include <aws_refresh_session/scheduler.hpp>
#include <aws_refresh_session/service_client.hpp>
#include <aws_refresh_session/session.hpp>
#include <aws_refresh_session/signing.hpp>
#include <aws_refresh_session/sts.hpp>
#include <aws_refresh_session/version.hpp>
