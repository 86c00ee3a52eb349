#include <aws_refresh_session/session.hpp>
