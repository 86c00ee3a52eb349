#include "aws/service_names.hpp"

#include <algorithm>
#include <array>

namespace aws_refresh_session::aws {
namespace {

struct Names {
  std::string_view name;
  std::string_view host_label;
  std::string_view signing_name;
  std::string_view id;
};

// The metadata of the service models (endpointPrefix, signingName, serviceId) that AWS publishes with botocore, where
// they are not simply the service's name. Sorted by name.
// https://github.com/boto/botocore/tree/develop/botocore/data
constexpr std::array kNames{
    Names{"accessanalyzer", "access-analyzer", "access-analyzer", "accessanalyzer"},
    Names{"amp", "aps", "aps", "amp"},
    Names{"apigateway", "apigateway", "apigateway", "api_gateway"},
    Names{"apigatewaymanagementapi", "execute-api", "execute-api", "apigatewaymanagementapi"},
    Names{"apigatewayv2", "apigateway", "apigateway", "apigatewayv2"},
    Names{"appconfigdata", "appconfigdata", "appconfig", "appconfigdata"},
    Names{"appintegrations", "app-integrations", "app-integrations", "appintegrations"},
    Names{"application-autoscaling", "application-autoscaling", "application-autoscaling", "application_auto_scaling"},
    Names{"application-insights", "applicationinsights", "applicationinsights", "application_insights"},
    Names{"appmesh", "appmesh", "appmesh", "app_mesh"},
    Names{"appstream", "appstream2", "appstream", "appstream"},
    Names{"autoscaling", "autoscaling", "autoscaling", "auto_scaling"},
    Names{"autoscaling-plans", "autoscaling-plans", "autoscaling-plans", "auto_scaling_plans"},
    Names{"bedrock-agent", "bedrock-agent", "bedrock", "bedrock_agent"},
    Names{"bedrock-agent-runtime", "bedrock-agent-runtime", "bedrock", "bedrock_agent_runtime"},
    Names{"bedrock-runtime", "bedrock-runtime", "bedrock", "bedrock_runtime"},
    Names{"ce", "ce", "ce", "cost_explorer"},
    Names{"chime-sdk-identity", "identity-chime", "chime", "chime_sdk_identity"},
    Names{"chime-sdk-media-pipelines", "media-pipelines-chime", "chime", "chime_sdk_media_pipelines"},
    Names{"chime-sdk-meetings", "meetings-chime", "chime", "chime_sdk_meetings"},
    Names{"chime-sdk-messaging", "messaging-chime", "chime", "chime_sdk_messaging"},
    Names{"chime-sdk-voice", "voice-chime", "chime", "chime_sdk_voice"},
    Names{"cloudcontrol", "cloudcontrolapi", "cloudcontrolapi", "cloudcontrol"},
    Names{"cloudhsmv2", "cloudhsmv2", "cloudhsm", "cloudhsm_v2"},
    Names{"cloudsearchdomain", "cloudsearchdomain", "cloudsearch", "cloudsearch_domain"},
    Names{"cloudwatch", "monitoring", "monitoring", "cloudwatch"},
    Names{"codeguruprofiler", "codeguru-profiler", "codeguru-profiler", "codeguruprofiler"},
    Names{"cognito-idp", "cognito-idp", "cognito-idp", "cognito_identity_provider"},
    Names{"config", "config", "config", "config_service"},
    Names{"connect-contact-lens", "contact-lens", "connect", "connect_contact_lens"},
    Names{"connectcampaigns", "connect-campaigns", "connect-campaigns", "connectcampaigns"},
    Names{"connectcases", "cases", "cases", "connectcases"},
    Names{"connectparticipant", "participant.connect", "execute-api", "connectparticipant"},
    Names{"cur", "cur", "cur", "cost_and_usage_report_service"},
    Names{"customer-profiles", "profile", "profile", "customer_profiles"},
    Names{"datapipeline", "datapipeline", "datapipeline", "data_pipeline"},
    Names{"detective", "api.detective", "detective", "detective"},
    Names{"devicefarm", "devicefarm", "devicefarm", "device_farm"},
    Names{"directconnect", "directconnect", "directconnect", "direct_connect"},
    Names{"discovery", "discovery", "discovery", "application_discovery_service"},
    Names{"dms", "dms", "dms", "database_migration_service"},
    Names{"docdb", "rds", "rds", "docdb"},
    Names{"ds", "ds", "ds", "directory_service"},
    Names{"dynamodbstreams", "streams.dynamodb", "dynamodb", "dynamodb_streams"},
    Names{"ecr", "api.ecr", "ecr", "ecr"},
    Names{"ecr-public", "api.ecr-public", "ecr-public", "ecr_public"},
    Names{"efs", "elasticfilesystem", "elasticfilesystem", "efs"},
    Names{"elasticbeanstalk", "elasticbeanstalk", "elasticbeanstalk", "elastic_beanstalk"},
    Names{"elastictranscoder", "elastictranscoder", "elastictranscoder", "elastic_transcoder"},
    Names{"elb", "elasticloadbalancing", "elasticloadbalancing", "elastic_load_balancing"},
    Names{"elbv2", "elasticloadbalancing", "elasticloadbalancing", "elastic_load_balancing_v2"},
    Names{"emr", "elasticmapreduce", "elasticmapreduce", "emr"},
    Names{"es", "es", "es", "elasticsearch_service"},
    Names{"events", "events", "events", "eventbridge"},
    Names{"finspace-data", "finspace-api", "finspace-api", "finspace_data"},
    Names{"forecastquery", "forecastquery", "forecast", "forecastquery"},
    Names{"globalaccelerator", "globalaccelerator", "globalaccelerator", "global_accelerator"},
    Names{"greengrassv2", "greengrass", "greengrass", "greengrassv2"},
    Names{"iot", "iot", "execute-api", "iot"},
    Names{"iot-data", "data-ats.iot", "iotdata", "iot_data_plane"},
    Names{"iot-jobs-data", "data.jobs.iot", "iot-jobs-data", "iot_jobs_data_plane"},
    Names{"iotdeviceadvisor", "api.iotdeviceadvisor", "iotdeviceadvisor", "iotdeviceadvisor"},
    Names{"iotevents", "iotevents", "iotevents", "iot_events"},
    Names{"iotevents-data", "data.iotevents", "ioteventsdata", "iot_events_data"},
    Names{"iotsecuretunneling", "api.tunneling.iot", "IoTSecuredTunneling", "iotsecuretunneling"},
    Names{"iotwireless", "api.iotwireless", "iotwireless", "iot_wireless"},
    Names{"keyspaces", "cassandra", "cassandra", "keyspaces"},
    Names{"kinesis-video-archived-media", "kinesisvideo", "kinesisvideo", "kinesis_video_archived_media"},
    Names{"kinesis-video-media", "kinesisvideo", "kinesisvideo", "kinesis_video_media"},
    Names{"kinesis-video-signaling", "kinesisvideo", "kinesisvideo", "kinesis_video_signaling"},
    Names{"kinesisanalytics", "kinesisanalytics", "kinesisanalytics", "kinesis_analytics"},
    Names{"kinesisanalyticsv2", "kinesisanalytics", "kinesisanalytics", "kinesis_analytics_v2"},
    Names{"kinesisvideo", "kinesisvideo", "kinesisvideo", "kinesis_video"},
    Names{"lex-models", "models.lex", "lex", "lex_model_building_service"},
    Names{"lex-runtime", "runtime.lex", "lex", "lex_runtime_service"},
    Names{"lexv2-models", "models-v2-lex", "lex", "lex_models_v2"},
    Names{"lexv2-runtime", "runtime-v2-lex", "lex", "lex_runtime_v2"},
    Names{"location", "geo", "geo", "location"},
    Names{"logs", "logs", "logs", "cloudwatch_logs"},
    Names{"machinelearning", "machinelearning", "machinelearning", "machine_learning"},
    Names{"marketplace-catalog", "catalog.marketplace", "aws-marketplace", "marketplace_catalog"},
    Names{"marketplace-entitlement", "entitlement.marketplace", "aws-marketplace", "marketplace_entitlement_service"},
    Names{"marketplacecommerceanalytics", "marketplacecommerceanalytics", "marketplacecommerceanalytics",
          "marketplace_commerce_analytics"},
    Names{"mediastore-data", "data.mediastore", "mediastore", "mediastore_data"},
    Names{"mediatailor", "api.mediatailor", "mediatailor", "mediatailor"},
    Names{"memorydb", "memory-db", "memorydb", "memorydb"},
    Names{"meteringmarketplace", "metering.marketplace", "aws-marketplace", "marketplace_metering"},
    Names{"mgh", "mgh", "mgh", "migration_hub"},
    Names{"migration-hub-refactor-spaces", "refactor-spaces", "refactor-spaces", "migration_hub_refactor_spaces"},
    Names{"migrationhub-config", "migrationhub-config", "mgh", "migrationhub_config"},
    Names{"migrationhuborchestrator", "migrationhub-orchestrator", "migrationhub-orchestrator",
          "migrationhuborchestrator"},
    Names{"migrationhubstrategy", "migrationhub-strategy", "migrationhub-strategy", "migrationhubstrategy"},
    Names{"mturk", "mturk-requester", "mturk-requester", "mturk"},
    Names{"mwaa", "airflow", "airflow", "mwaa"},
    Names{"neptune", "rds", "rds", "neptune"},
    Names{"opensearch", "es", "es", "opensearch"},
    Names{"opensearchserverless", "aoss", "aoss", "opensearchserverless"},
    Names{"opsworkscm", "opsworks-cm", "opsworks-cm", "opsworkscm"},
    Names{"personalize-events", "personalize-events", "personalize", "personalize_events"},
    Names{"personalize-runtime", "personalize-runtime", "personalize", "personalize_runtime"},
    Names{"pinpoint", "pinpoint", "mobiletargeting", "pinpoint"},
    Names{"pinpoint-sms-voice", "sms-voice.pinpoint", "sms-voice", "pinpoint_sms_voice"},
    Names{"pinpoint-sms-voice-v2", "sms-voice", "sms-voice", "pinpoint_sms_voice_v2"},
    Names{"pricing", "api.pricing", "pricing", "pricing"},
    Names{"qldb-session", "session.qldb", "qldb", "qldb_session"},
    Names{"resourcegroupstaggingapi", "tagging", "tagging", "resource_groups_tagging_api"},
    Names{"route53", "route53", "route53", "route_53"},
    Names{"route53domains", "route53domains", "route53domains", "route_53_domains"},
    Names{"s3control", "s3-control", "s3", "s3_control"},
    Names{"s3outposts", "s3-outposts", "s3-outposts", "s3outposts"},
    Names{"sagemaker", "api.sagemaker", "sagemaker", "sagemaker"},
    Names{"sagemaker-a2i-runtime", "a2i-runtime.sagemaker", "sagemaker", "sagemaker_a2i_runtime"},
    Names{"sagemaker-edge", "edge.sagemaker", "sagemaker", "sagemaker_edge"},
    Names{"sagemaker-featurestore-runtime", "featurestore-runtime.sagemaker", "sagemaker",
          "sagemaker_featurestore_runtime"},
    Names{"sagemaker-runtime", "runtime.sagemaker", "sagemaker", "sagemaker_runtime"},
    Names{"sdb", "sdb", "sdb", "simpledb"},
    Names{"secretsmanager", "secretsmanager", "secretsmanager", "secrets_manager"},
    Names{"serverlessrepo", "serverlessrepo", "serverlessrepo", "serverlessapplicationrepository"},
    Names{"service-quotas", "servicequotas", "servicequotas", "service_quotas"},
    Names{"servicecatalog", "servicecatalog", "servicecatalog", "service_catalog"},
    Names{"servicecatalog-appregistry", "servicecatalog-appregistry", "servicecatalog", "service_catalog_appregistry"},
    Names{"ses", "email", "ses", "ses"},
    Names{"sesv2", "email", "ses", "sesv2"},
    Names{"sso", "portal.sso", "awsssoportal", "sso"},
    Names{"sso-admin", "sso", "sso", "sso_admin"},
    Names{"sso-oidc", "oidc", "awsssooidc", "sso_oidc"},
    Names{"stepfunctions", "states", "states", "sfn"},
    Names{"storagegateway", "storagegateway", "storagegateway", "storage_gateway"},
    Names{"support-app", "supportapp", "supportapp", "support_app"},
    Names{"timestream-query", "query.timestream", "timestream", "timestream_query"},
    Names{"timestream-write", "ingest.timestream", "timestream", "timestream_write"},
    Names{"voice-id", "voiceid", "voiceid", "voice_id"},
};

static_assert(std::is_sorted(kNames.begin(), kNames.end(),
                             [](const Names& left, const Names& right) { return left.name < right.name; }));

}  // namespace

ServiceNames service_names(std::string_view service) {
  const auto* const found = std::lower_bound(kNames.begin(), kNames.end(), service,
                                             [](const Names& each, std::string_view name) { return each.name < name; });
  if (found != kNames.end() && found->name == service) {
    return {std::string{found->host_label}, std::string{found->signing_name}, std::string{found->id}};
  }
  std::string id{service};
  std::replace_if(
      id.begin(), id.end(), [](char c) { return c == '-' || c == '.'; }, '_');
  return {std::string{service}, std::string{service}, std::move(id)};
}

}  // namespace aws_refresh_session::aws
