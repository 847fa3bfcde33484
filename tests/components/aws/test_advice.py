"""AWS's refusals come with what they mean and what to do, whoever brings the text."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
    SSOTokenLoadError,
    TokenRetrievalError,
)

from pulumi_cloudhsm.aws.advice import advice, refusal
from pulumi_cloudhsm.errors import AwsError, CloudHsmError, ThrottledError, TransientError


def aws(code: str, message: str, status: int = 400) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status},
        },  # pyright: ignore[reportArgumentType]
        "CreateHsm",
    )


def plugin(code: str, message: str) -> str:
    """The same refusal as the aws provider plugin writes it (aws-sdk-go-v2)."""
    return (
        "creating CloudHSMv2 HSM: operation error CloudHSM V2: CreateHsm, https response error "
        f"StatusCode: 400, RequestID: 6f1c7c3e-0000-4000-8000-000000000000, {code}: {message}"
    )


# Verbatim where AWS's text is public: terraform-provider-aws issue 7437, the user guide's
# troubleshooting page, IAM's own wording. The text of a quota is not public.
KNOWN = {
    "a secret with replicas": (
        "InvalidRequestException",
        "You can't delete secret arn that still has replica regions [eu-west-1].",
        ("remove-regions-from-replication", "stop-replication-to-replica"),
    ),
    "no service-linked role of FSx": (
        "AccessDeniedException",
        "User: arn:aws:iam::123456789012:user/me is not authorized to perform: "
        "iam:CreateServiceLinkedRole on resource: arn:aws:iam::123456789012:role/"
        "aws-service-role/fsx.amazonaws.com/AWSServiceRoleForAmazonFSx",
        ("--aws-service-name fsx.amazonaws.com",),
    ),
    "no service-linked role of KMS custom key stores": (
        "AccessDeniedException",
        "User: arn:aws:iam::123456789012:user/me is not authorized to perform: "
        "iam:CreateServiceLinkedRole on resource: arn:aws:iam::123456789012:role/"
        "aws-service-role/cks.kms.amazonaws.com/"
        "AWSServiceRoleForKeyManagementServiceCustomKeyStores",
        ("only KMS makes it", "iam:CreateServiceLinkedRole for cks.kms.amazonaws.com"),
    ),
    "a quota of FSx": (
        "ServiceLimitExceeded",
        "You have reached the limit.",
        ("quota of FSx", "Service Quotas (Amazon FSx)"),
    ),
    "a key that FSx cannot use": (
        "BadRequest",
        "The KMS key arn:aws:kms:eu-central-1:123456789012:key/1111 is PendingDeletion.",
        ("FSx cannot use the key", "aws kms describe-key"),
    ),
    "a subnet that FSx cannot use": (
        "InvalidNetworkSettings",
        "The subnets must be in two zones.",
        ("free addresses", "MULTI_AZ"),
    ),
    "a private CA in the wrong state": (
        "InvalidStateException",
        "The certificate authority must be in the ACTIVE or DISABLED state to be updated",
        ("aws acm-pca describe-certificate-authority", "ACTIVE"),
    ),
    "no such private CA": (
        "ResourceNotFoundException",
        "Could not find arn:aws:acm-pca:eu-central-1:123456789012:certificate-authority/1111",
        ("no such private CA",),
    ),
    "too many private CAs": (
        "LimitExceededException",
        "You have reached the limit of private CA resources.",
        ("quota of private CAs", "Service Quotas (AWS Private CA)"),
    ),
    "a certificate that was not issued": (
        "RequestFailedException",
        "The request has failed for an unspecified reason.",
        ("failed by itself", "pulumi up"),
    ),
    "a disabled signing key": (
        "DisabledException",
        "arn:aws:kms:eu-central-1:123456789012:key/1111 is disabled.",
        ("aws kms enable-key",),
    ),
    "a signing key that goes": (
        "KMSInvalidStateException",
        "arn:aws:kms:eu-central-1:123456789012:key/1111 is pending deletion.",
        ("aws kms cancel-key-deletion",),
    ),
    "a key whose cluster has no HSMs": (
        "KMSInvalidStateException",
        "This KMS key is in an AWS CloudHSM cluster that does not contain any HSMs.",
        ("no HSM of its cluster is ACTIVE", "hsms.count"),
    ),
    "a key whose store is not connected": (
        "KMSInvalidStateException",
        "arn:aws:kms:eu-central-1:123456789012:key/1111 is unavailable.",
        ("key store is not connected", "pulumi up --refresh"),
    ),
    "a key for something else": (
        "UnsupportedOperationException",
        "GetPublicKey is not valid for this kind of key.",
        ("SIGN_VERIFY", "trust.kms_key"),
    ),
    "no such signing key": (
        "NotFoundException",
        "Key 'arn:aws:kms:eu-central-1:123456789012:key/1111' does not exist",
        ("no such KMS key", "aws:region"),
    ),
    "a second HSM too early": (
        "CloudHsmInvalidRequestException",
        "Cluster 'cluster-abcdefghijk' already contains an HSM but has not yet been fully "
        "activated",
        ("one HSM only", "activate it first"),
    ),
    "an HSM type that ended": (
        "CloudHsmInvalidRequestException",
        "Provided HsmType is not supported.",
        ("hsm1.medium ended", "use hsm2m.medium"),
    ),
    "no service-linked role": (
        "CloudHsmAccessDeniedException",
        "This operation requires that the caller have permission to call "
        "iam:CreateServiceLinkedRole to create the CloudHSM Service Linked Role.",
        ("aws iam create-service-linked-role --aws-service-name cloudhsm.amazonaws.com",),
    ),
    "an action that is not allowed": (
        "CloudHsmAccessDeniedException",
        "User: arn:aws:iam::123456789012:user/me is not authorized to perform: "
        "cloudhsm:InitializeCluster on resource: arn:aws:cloudhsm:eu-central-1:123456789012:"
        "cluster/cluster-abcdefghijk because no identity-based policy allows the "
        "cloudhsm:InitializeCluster action",
        ("lack the action cloudhsm:InitializeCluster;", "service control policy"),
    ),
    "an action of EC2 that is not allowed": (
        "UnauthorizedOperation",
        "You are not authorized to perform this operation. User: arn:aws:sts::123456789012:"
        "assumed-role/ci/me is not authorized to perform: ec2:CreateVpc on resource: "
        "arn:aws:ec2:eu-central-1:123456789012:vpc/*",
        ("lack the action ec2:CreateVpc;",),
    ),
    "access denied without a name": (
        "CloudHsmAccessDeniedException",
        "Denied.",
        ("compare their policy with docs/reference/iam.md",),
    ),
    "a quota of clusters": (
        "CloudHsmServiceException",
        "You have reached the limit of clusters in this region",
        ("4 clusters and 6 HSMs per region", "Service Quotas"),
    ),
    "a zone without capacity": (
        "CloudHsmServiceException",
        "There is insufficient capacity in availability zone 'eu-central-1a'.",
        ("no HSM to spare", "hsms.places"),
    ),
    "a zone without CloudHSM": (
        "CloudHsmInvalidRequestException",
        "The Availability Zone eu-central-1x is not supported",
        ("not in every zone", "describe-vpc-endpoint-services"),
    ),
    "a session that is over": (
        "ExpiredTokenException",
        "The security token included in the request is expired",
        ("sign in again",),
    ),
    "credentials that nobody knows": (
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
        ("aws sso login", "set AWS_PROFILE"),
    ),
    "a call too many": ("ThrottlingException", "Rate exceeded", ("AWS is busy",)),
    "a request too many": (
        "RequestLimitExceeded",
        "Request limit exceeded.",
        ("AWS is busy",),
    ),
    "a fault of AWS": (
        "CloudHsmInternalFailureException",
        "An internal failure occurred",
        ("AWS is busy",),
    ),
}


@pytest.mark.parametrize("case", KNOWN)
def test_a_known_refusal_of_our_own_call_comes_with_its_meaning(case: str):
    code, message, meaning = KNOWN[case]
    line = str(refusal("creating an HSM", aws(code, message)))
    assert line.startswith(f"creating an HSM: AWS said: {message} ({code}); ")
    assert "\n" not in line
    for part in meaning:
        assert part in line


@pytest.mark.parametrize("case", KNOWN)
def test_the_same_refusal_as_the_aws_plugin_writes_it_means_the_same(case: str):
    code, message, meaning = KNOWN[case]
    text = advice(plugin(code, message))
    assert text == advice(f"{code} {message}")
    assert text is not None
    for part in meaning:
        assert part in text


def test_a_plugin_that_gives_up_repeating_is_not_taken_for_a_quota_of_the_account():
    """`retry quota` is the plugin's own budget of repetitions (aws-sdk-go-v2)."""
    text = advice(
        "creating CloudHSMv2 HSM: operation error CloudHSM V2: CreateHsm, failed to get rate limit "
        "token, retry quota exceeded, 0 available, 5 requested"
    )
    assert text is not None
    assert "AWS is busy" in text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "something nobody has seen before",
        "CloudHsmInvalidRequestException The certificate is not valid",
        "CloudHsmResourceNotFoundException Cluster cluster-abcdefghijk does not exist",
    ],
)
def test_an_unknown_text_gets_no_advice_rather_than_a_wrong_one(text: str):
    assert advice(text) is None


def test_an_unknown_refusal_is_passed_on_as_aws_said_it():
    error = refusal("initializing cluster-abc", aws("CloudHsmServiceException", "No.\n  Really."))
    assert str(error) == (
        "initializing cluster-abc: AWS said: No. Really. (CloudHsmServiceException)"
    )
    assert isinstance(error, AwsError)
    assert error.code == "CloudHsmServiceException"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (aws("ThrottlingException", "Rate exceeded"), ThrottledError),
        (aws("Throttling", "Rate exceeded"), ThrottledError),
        (aws("RequestLimitExceeded", "Request limit exceeded."), ThrottledError),
        (aws("TooManyRequestsException", "", 429), ThrottledError),
        (aws("CloudHsmInternalFailureException", "The request can be retried"), TransientError),
        (aws("ServiceUnavailable", "", 503), TransientError),
        (aws("502", "Bad Gateway", 502), TransientError),
        (EndpointConnectionError(endpoint_url="https://x"), TransientError),
        (ConnectTimeoutError(endpoint_url="https://x"), TransientError),
        (ReadTimeoutError(endpoint_url="https://x"), TransientError),
        (ConnectionClosedError(endpoint_url="https://x"), TransientError),
        (aws("CloudHsmInvalidRequestException", "No."), AwsError),
        (aws("CloudHsmAccessDeniedException", "No."), AwsError),
        (aws("CloudHsmServiceException", "No."), AwsError),
        (NoCredentialsError(), AwsError),
        (ParamValidationError(report="no"), AwsError),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_passes_by_itself_is_told_from_what_does_not(
    error: Exception, kind: type[CloudHsmError]
):
    assert type(refusal("doing it", error)) is kind


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (NoCredentialsError(), "aws sso login"),
        (NoRegionError(), "pulumi config set aws:region"),
        (ProfileNotFound(profile="nobody"), "correct aws:profile"),
        (PartialCredentialsError(provider="env", cred_var="key"), "set key and secret, or neither"),
        (SSLError(endpoint_url="https://x", error="self-signed"), "aws:customCaBundle"),
        (ProxyConnectionError(proxy_url="http://p"), "correct aws:httpsProxy"),
        (EndpointConnectionError(endpoint_url="https://x"), "there is such a Region"),
        (SSOTokenLoadError(error_msg="none"), "sign in again"),
        (aws("SignatureDoesNotMatch", "It does not match."), "does not belong to the access key"),
        (aws("SignatureDoesNotMatch", "Signature expired: now is later"), "machine's clock"),
        (aws("RequestExpired", "Request has expired."), "machine's clock"),
        (aws("UnauthorizedOperation", "You may not."), "compare their policy"),
        (aws("SubscriptionRequiredException", "Needs a subscription."), "finish the account's"),
        (
            TokenRetrievalError(provider="sso", error_msg="Token has expired and refresh failed"),
            "sign in again",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_a_missing_sign_in_region_or_profile_is_explained(error: Exception, meaning: str):
    line = str(refusal("describing CloudHSM clusters", error))
    assert meaning in line
    assert "\n" not in line


@pytest.mark.parametrize(
    "code", ["InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure", "OptInRequired"]
)
def test_a_region_that_the_account_has_not_enabled_is_named_as_a_cause(code: str):
    line = str(refusal("asking STS which account this is", aws(code, "It is invalid.")))
    assert "aws account enable-region" in line
    assert "aws sso login" in line


def test_every_advice_can_be_shown_whatever_stands_in_aws_text():
    text = advice("is not authorized to perform: cloudhsm:CreateHsm {0} {action} %s")
    assert text is not None
    assert "cloudhsm:CreateHsm" in text
