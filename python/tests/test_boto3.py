"""The session is a boto3 session: what boto3 offers works, and signs with the refreshed set."""

import io
import shutil
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.credentials import DeferredRefreshableCredentials
from botocore.exceptions import ProfileNotFound
from botocore.stub import Stubber
from support import BASE_KEY, ROLE, Sts, custom_set, signer_of

import aws_refresh_session as ars
from aws_refresh_session import RefreshableSession


def test_everything_a_boto3_session_has_is_there(session: RefreshableSession) -> None:
    plain = boto3.session.Session()
    assert isinstance(session, boto3.session.Session)
    for name in (name for name in dir(plain) if not name.startswith("__")):
        assert hasattr(session, name), name
    assert session.region_name == "us-east-1"
    assert session.profile_name == "default"
    assert session.available_profiles == []
    assert "s3" in session.get_available_services()
    assert "s3" in session.get_available_resources()
    assert "aws" in session.get_available_partitions()
    assert "eu-west-1" in session.get_available_regions("s3")
    assert session.events is session._session.get_component("event_emitter")


def test_an_attribute_that_is_not_there_is_an_attribute_error(session: RefreshableSession) -> None:
    with pytest.raises(AttributeError):
        session.colour
    assert not hasattr(session, "__fspath__")


def test_paginators_and_waiters_work(session: RefreshableSession) -> None:
    client = session.client("ec2")
    with Stubber(client) as stub:
        stub.add_response("describe_instances", {"Reservations": [], "NextToken": "n"})
        stub.add_response("describe_instances", {"Reservations": []})
        assert len(list(client.get_paginator("describe_instances").paginate())) == 2
        stub.add_response("describe_vpcs", {"Vpcs": [{"State": "available"}]})
        client.get_waiter("vpc_available").wait()


def test_resources_sign_with_the_refreshed_set(session: RefreshableSession) -> None:
    key = session.credentials["access_key"]
    table = session.resource("dynamodb").Table("table")
    assert signer_of(table.meta.client, lambda client: client.get_item(TableName="table", Key={"k": "v"})) == key


def test_transfers_sign_with_the_refreshed_set(session: RefreshableSession) -> None:
    key = session.credentials["access_key"]
    client = session.client("s3")
    assert signer_of(client, lambda s3: s3.upload_fileobj(io.BytesIO(b"x"), "bucket", "key")) == key


def test_presigned_posts_use_the_refreshed_set(session: RefreshableSession) -> None:
    post = session.client("s3", region_name="eu-west-1").generate_presigned_post("bucket", "key")
    key = session.credentials["access_key"]
    assert key in str(post)
    assert BASE_KEY not in str(post)


def test_the_service_accepts_what_is_signed(emulator: Any) -> None:
    session = RefreshableSession(assume_role_kwargs={"RoleArn": emulator.role_arn, "RoleSessionName": "client"})
    client = session.client("sts", "us-east-1", endpoint_url=emulator.endpoint_url)
    assert client.get_caller_identity()["Arn"].endswith("assumed-role/demo/client")
    session.refresh_now()
    assert client.get_caller_identity()["Arn"].endswith("assumed-role/demo/client")


def test_keys_named_for_one_client_win(session: RefreshableSession) -> None:
    client = session.client("s3", aws_access_key_id="AKIDOTHER00000000000", aws_secret_access_key="other")
    assert signer_of(client, lambda s3: s3.list_buckets()) == "AKIDOTHER00000000000"


def test_events_of_one_session_do_not_reach_another(sts: Sts) -> None:
    first, second = (RefreshableSession(assume_role_kwargs={"RoleArn": ROLE}) for _ in range(2))
    seen: list[str] = []
    first.events.register("before-sign.s3", lambda **_: seen.append("first"))
    signer_of(second.client("s3"), lambda s3: s3.list_buckets())
    assert seen == []
    signer_of(first.client("s3"), lambda s3: s3.list_buckets())
    assert seen == ["first"]


def test_models_are_shared_between_sessions_and_search_paths_are_not(sts: Sts) -> None:
    first, second = (RefreshableSession(assume_role_kwargs={"RoleArn": ROLE}) for _ in range(2))
    loaders = [session._session.get_component("data_loader") for session in (first, second)]
    assert loaders[0].load_service_model("s3", "service-2") is loaders[1].load_service_model("s3", "service-2")
    loaders[0].search_paths.append("/nowhere")
    assert "/nowhere" not in loaders[1].search_paths
    assert loaders[0].load_service_model("s3", "service-2") is not loaders[1].load_service_model("s3", "service-2")


def test_models_of_the_users_own_are_found(sts: Sts, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    source = next(p for p in botocore.session.Session().get_component("data_loader").search_paths if "botocore" in p)
    versions = tmp_path / "models" / "mine"
    shutil.copytree(f"{source}/sts", versions)
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path / "models"))
    session = RefreshableSession(assume_role_kwargs={"RoleArn": ROLE})
    assert "mine" in session.get_available_services()
    monkeypatch.delenv("AWS_DATA_PATH")
    assert "mine" not in RefreshableSession(assume_role_kwargs={"RoleArn": ROLE}).get_available_services()


def test_an_unknown_profile_is_an_error_of_the_constructor(sts: Sts) -> None:
    with pytest.raises((ProfileNotFound, ars.BRSConfigurationError)):
        RefreshableSession(assume_role_kwargs={"RoleArn": ROLE}, profile_name="nobody")


class TestBotocoreSession:
    """Base credentials from a botocore session that the user hands over."""

    @pytest.fixture
    def handed_over(self) -> Any:
        session = botocore.session.get_session()
        session.set_credentials("AKIDHANDEDOVER000000", "handed-over-secret", "handed-over-token")
        session.set_config_variable("region", "eu-west-3")
        return session

    def test_its_credentials_are_the_base_and_its_region_counts(self, sts: Sts, handed_over: Any) -> None:
        session = RefreshableSession(assume_role_kwargs={"RoleArn": ROLE}, botocore_session=handed_over)
        session.credentials
        call = sts.made()[0]
        assert (call["signer"], call["region"]) == ("AKIDHANDEDOVER000000", "eu-west-3")
        assert session.region_name == "eu-west-3"

    def test_it_stays_as_it_is_and_can_be_handed_over_again(self, sts: Sts, handed_over: Any) -> None:
        first, second = (
            RefreshableSession(assume_role_kwargs={"RoleArn": ROLE}, botocore_session=handed_over) for _ in range(2)
        )
        keys = [session.credentials["access_key"] for session in (first, second)]
        assert handed_over.get_credentials().access_key == "AKIDHANDEDOVER000000"
        assert [call["signer"] for call in sts.made()] == ["AKIDHANDEDOVER000000"] * 2
        for session, key in zip((first, second), keys):
            assert signer_of(session.client("s3"), lambda s3: s3.list_buckets()) == key

    def test_it_may_have_been_a_boto3_sessions(self, sts: Sts) -> None:
        plain = boto3.session.Session()
        seen: list[str] = []
        plain.events.register("before-sign.s3", lambda **_: seen.append("plain"))
        for _ in range(2):
            session = RefreshableSession(assume_role_kwargs={"RoleArn": ROLE}, botocore_session=plain._session)
            session.events.register("before-sign.s3", lambda **_: seen.append("ours"))
            key = session.credentials["access_key"]
            assert signer_of(session.client("s3"), lambda s3: s3.upload_fileobj(io.BytesIO(b"x"), "b", "k")) == key
        assert seen == ["plain", "ours", "plain", "ours"]
        assert signer_of(plain.client("s3"), lambda s3: s3.list_buckets()) == BASE_KEY
        assert plain._loader.search_paths == boto3.session.Session()._loader.search_paths

    def test_refreshing_credentials_are_read_for_each_call(self, sts: Sts, handed_over: Any) -> None:
        numbers = iter(range(1, 9))
        handed_over._credentials = DeferredRefreshableCredentials(lambda: custom_set(next(numbers), 1), "test")
        session = RefreshableSession(assume_role_kwargs={"RoleArn": ROLE}, botocore_session=handed_over)
        assert sts.calls == []
        session.credentials
        session.refresh_now()
        first, second = (call["signer"] for call in sts.made())
        assert first.startswith("ASIACUSTOM")
        assert first != second

    def test_none_found_is_a_clear_error(self, sts: Sts, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        session = RefreshableSession(
            assume_role_kwargs={"RoleArn": ROLE}, botocore_session=botocore.session.get_session()
        )
        with pytest.raises(ars.BRSCredentialError, match="handed over"):
            session.credentials

    def test_method_default_starts_from_its_static_keys(self, handed_over: Any) -> None:
        session = RefreshableSession(method="default", botocore_session=handed_over)
        assert session.credentials["access_key"] == "AKIDHANDEDOVER000000"

    def test_each_session_has_a_region_of_its_own(self, sts: Sts) -> None:
        lent = botocore.session.get_session()
        paths = list(lent.get_component("data_loader").search_paths)
        first, second = (
            RefreshableSession(assume_role_kwargs={"RoleArn": ROLE}, botocore_session=lent, region_name=region)
            for region in ("us-west-2", "eu-north-1")
        )
        assert first.client("ec2").meta.region_name == "us-west-2"
        assert second.client("ec2").meta.region_name == "eu-north-1"
        assert [session.region_name for session in (first, second)] == ["us-west-2", "eu-north-1"]
        assert lent.get_config_variable("region") == "us-east-1"
        assert lent.instance_variables() == {}
        assert lent.get_component("data_loader").search_paths == paths
        assert lent.create_client("ec2").meta.region_name == "us-east-1"
        lent.set_config_variable("region", "ap-south-1")
        lent.get_component("config_store").set_config_variable("retry_mode", "adaptive")
        assert first.region_name == "us-west-2"
        assert first._session.get_config_variable("retry_mode") != "adaptive"

    def test_each_session_has_a_profile_of_its_own(
        self, sts: Sts, private_home: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        (private_home / ".aws").mkdir()
        (private_home / ".aws" / "config").write_text(
            "".join(
                f"[profile {name}]\naws_access_key_id = AKID{name.upper()}\naws_secret_access_key = s\n"
                f"region = {region}\ns3 =\n  addressing_style = {style}\n"
                for name, region, style in (
                    ("one", "us-west-2", "path"),
                    ("two", "eu-north-1", "virtual"),
                    ("three", "sa-east-1", "auto"),
                )
            )
        )
        lent = botocore.session.Session(profile="three")
        assert lent.profile == "three"
        first, second, third = (
            RefreshableSession(assume_role_kwargs={"RoleArn": ROLE}, botocore_session=lent, profile_name=name)
            for name in ("one", "two", None)
        )
        sessions = (first, second, third)
        assert [session.profile_name for session in sessions] == ["one", "two", "three"]
        assert [session.region_name for session in sessions] == ["us-west-2", "eu-north-1", "sa-east-1"]
        assert first.client("s3").meta.config.s3["addressing_style"] == "path"
        assert second.client("s3").meta.config.s3["addressing_style"] == "virtual"
        for session in sessions:
            session.credentials
        assert [call["signer"] for call in sts.made()] == ["AKIDONE", "AKIDTWO", "AKIDTHREE"]
        assert (lent.profile, lent.get_config_variable("region")) == ("three", "sa-east-1")
        assert lent.get_credentials().access_key == "AKIDTHREE"

    def test_a_boto3_session_lends_its_botocore_session(self, sts: Sts) -> None:
        plain = boto3.session.Session(
            aws_access_key_id="AKIDPLAIN00000000000", aws_secret_access_key="s", region_name="eu-west-3"
        )
        session = RefreshableSession(assume_role_kwargs={"RoleArn": ROLE}, botocore_session=plain)
        session.credentials
        assert sts.made()[0]["signer"] == "AKIDPLAIN00000000000"
        assert session.region_name == "eu-west-3"

    def test_anything_else_is_refused(self) -> None:
        with pytest.raises(ars.BRSValidationError) as caught:
            RefreshableSession(assume_role_kwargs={"RoleArn": ROLE}, botocore_session=3)
        assert caught.value.param == "botocore_session"


def test_the_engines_region_is_boto3s_when_it_has_none(sts: Sts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-2")

    def region(**options: Any) -> Any:
        return RefreshableSession(assume_role_kwargs={"RoleArn": ROLE}, **options).client("ec2").meta.region_name

    assert region() == "us-east-1"  # boto3's own rule reads AWS_DEFAULT_REGION
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert region() == "eu-west-2"
    assert region(botocore_session=botocore.session.get_session()) == "eu-west-2"
    assert region(region_name="sa-east-1") == "sa-east-1"


def test_a_profile_that_is_not_there_is_boto3s_error(sts: Sts) -> None:
    with pytest.raises(ProfileNotFound):
        RefreshableSession(assume_role_kwargs={"RoleArn": ROLE}, profile_name="nobody")


def test_a_subclasss_attribute_error_is_its_own(sts: Sts) -> None:
    class Mine(RefreshableSession):
        @property
        def colour(self) -> Any:
            return object().shade  # type: ignore[attr-defined]

    session = Mine(assume_role_kwargs={"RoleArn": ROLE})
    for _ in range(2):
        with pytest.raises(AttributeError, match="shade"):
            session.colour
        session.client("s3")
