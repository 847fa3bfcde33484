"""The table of what refusals of AWS mean, by patterns in AWS's text. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Advice:
    """What a text of AWS means, where a pattern finds it."""

    pattern: re.Pattern[str]
    text: str
    """What it means and what to do; names groups of the pattern in braces."""


def _when(pattern: str, text: str) -> Advice:
    return Advice(re.compile(pattern, re.IGNORECASE | re.DOTALL), text)


ADVICE = (
    _when(
        r"iam:CreateServiceLinkedRole.*fsx\.amazonaws\.com",
        "the account has no service-linked role for FSx yet and these credentials may not create "
        "it; have an administrator run once: aws iam create-service-linked-role "
        "--aws-service-name fsx.amazonaws.com",
    ),
    _when(
        r"iam:CreateServiceLinkedRole.*(?:cks\.kms\.amazonaws\.com|CustomKeyStore)",
        # It "cannot be created directly": KMS developer guide, "Authorizing AWS KMS to manage AWS
        # CloudHSM and Amazon EC2 resources".
        "the account has no service-linked role for KMS custom key stores yet, and only KMS makes "
        "it, in CreateCustomKeyStore with the caller's rights; allow these credentials "
        "iam:CreateServiceLinkedRole for cks.kms.amazonaws.com, then run `pulumi up` again",
    ),
    _when(
        r"iam:CreateServiceLinkedRole",
        "the account has no service-linked role AWSServiceRoleForCloudHSM yet and these "
        "credentials may not create it; have an administrator run once: "
        "aws iam create-service-linked-role --aws-service-name cloudhsm.amazonaws.com",
    ),
    _when(
        r"not authorized to perform:? \[?(?P<action>[a-z0-9-]+:[A-Za-z]+)",
        "these credentials lack the action {action}; allow it in IAM (and check for a deny in a "
        "service control policy), then run `pulumi up` again",
    ),
    _when(
        r"Signature (expired|not yet current)|Request(Expired|TimeTooSkewed|InTheFuture)",
        "this machine's clock and AWS's differ by minutes: set it, then run `pulumi up` again",
    ),
    _when(
        r"SignatureDoesNotMatch|IncompleteSignature",
        "the secret access key does not belong to the access key id: set both again",
    ),
    _when(
        r"AccessDenied|UnauthorizedOperation",
        "these credentials may not do this; compare their policy with docs/reference/iam.md, then "
        "run `pulumi up` again",
    ),
    _when(
        r"HsmType is not supported",
        "AWS no longer creates this HSM type; hsm1.medium ended in 2025, use hsm2m.medium",
    ),
    _when(
        r"already contains an HSM but has not yet been fully activated",
        "before the cluster is ACTIVE it takes one HSM only; activate it first, then add HSMs",
    ),
    _when(
        r"CustomKeyStoreHasCMKs",
        "keys pending deletion count, too: wait until they are deleted, then run `pulumi destroy` "
        "again",
    ),
    _when(
        r"CloudHsmClusterNotRelated",
        "a key store can only be pointed at a cluster from a backup of its own cluster, with the "
        "same certificate: name such a backup in restore.backup_id",
    ),
    _when(
        r"CloudHsmClusterInUse",
        "a cluster, or one with the same backup history, has one key store only: delete or adopt "
        "the other one",
    ),
    _when(
        r"CustomKeyStoreNameInUse",
        "give another key_store.name",
    ),
    _when(
        r"IncorrectTrustAnchor",
        "the certificate is not the one that the cluster was initialized under: KMS wants the "
        "content of customerCA.crt",
    ),
    _when(
        r"CloudHsmClusterInvalidConfiguration",
        "KMS wants two ACTIVE HSMs in two zones (one to connect), the cluster's security group "
        "with its rules for TCP 2223-2225, and private subnets",
    ),
    _when(
        r"CustomKeyStoreInvalidState",
        "its connection is changing or broken; run `pulumi up --refresh`",
    ),
    _when(
        # The aws plugin names the service, its own words name the thing.
        r"ACM PCA.*LimitExceeded|LimitExceeded.*(certificate authorit|private CA)",
        "the account's quota of private CAs is reached; delete what is unused (a deleted one "
        "counts until its restoration period is over) or ask for more in Service Quotas (AWS "
        "Private CA)",
    ),
    _when(
        r"\bInvalidStateException",
        "look at the private CA (aws acm-pca describe-certificate-authority): it has to be ACTIVE "
        "to issue, and DISABLED to be deleted",
    ),
    _when(
        r"\bResourceNotFoundException.*certificate-?authority",
        "no such private CA in that account and region; give its ARN, and check the credentials",
    ),
    _when(
        r"\bRequestFailedException",
        "AWS Private CA failed by itself; run `pulumi up` again",
    ),
    _when(
        # "This KMS key is in an AWS CloudHSM cluster that does not contain any HSMs …", recorded.
        r"\bKMSInvalidState(?:Exception)?\b.*\bHSMs?\b",
        "the key is whole, but no HSM of its cluster is ACTIVE: add HSMs (hsms.count); with two in "
        "two zones KMS uses and makes keys again",
    ),
    _when(
        r"\bKMSInvalidState(?:Exception)?\b.*\b(?:key store|unavailable)\b",
        "its key store is not connected; run `pulumi up --refresh`, which connects it again",
    ),
    _when(
        r"\bDisabledException|\bKMSInvalidStateException",
        "look at the key (aws kms describe-key); a disabled one can be enabled (aws kms "
        "enable-key), one pending deletion kept (aws kms cancel-key-deletion, then enable-key)",
    ),
    _when(
        r"\bInvalidKeyUsageException|\bUnsupportedOperationException",
        "the issuing CA needs a KMS key RSA_4096 or RSA_2048 for SIGN_VERIFY (trust.kms_key)",
    ),
    _when(
        r"\bNotFoundException.*\bkey\b",
        "no such KMS key in that account and region; give its ARN, and check aws:region and the "
        "credentials",
    ),
    _when(
        r"ServiceLimitExceeded",
        "the account's quota of FSx is reached; delete what is unused or ask for more in Service "
        "Quotas (Amazon FSx), then run `pulumi up` again",
    ),
    _when(
        r"KMS key.*(PendingDeletion|Unavailable|Disabled|does not exist|not accessible)",
        "FSx cannot use the key; look at it (aws kms describe-key) and at its key store, then run "
        "`pulumi up` again",
    ),
    _when(
        r"InvalidNetworkSettings",
        "FSx wants existing private subnets with free addresses, in two zones for MULTI_AZ, and "
        "security groups of the same VPC",
    ),
    _when(
        # Before the quotas: some of these speak of limits, too, and the aws plugin of its
        # "retry quota" when it gives up repeating a call.
        r"Throttling|TooManyRequests|RequestLimitExceeded|InternalFailure|ServiceUnavailable|"
        r"retry quota exceeded",
        "AWS is busy; nothing is lost, run `pulumi up` again",
    ),
    _when(
        r"(limit|quota).*(cluster|hsm)|(cluster|hsm).*(limit|quota)|LimitExceeded",
        "an account has 4 clusters and 6 HSMs per region unless raised; delete what is unused or "
        "ask for more in Service Quotas (AWS CloudHSM), then run `pulumi up` again",
    ),
    _when(
        r"insufficient capacity|InsufficientCapacity",
        "AWS has no HSM to spare in that zone now; run `pulumi up` again later, or let the HSM go "
        "to another zone of the cluster (hsms.places)",
    ),
    _when(
        r"availability ?zone",
        "CloudHSM is not in every zone of a region, and an HSM's zone must be one of the cluster's "
        "subnets; list the zones with: aws ec2 describe-vpc-endpoint-services --service-names "
        "com.amazonaws.REGION.cloudhsmv2 --query 'ServiceDetails[].AvailabilityZones'",
    ),
    _when(
        r"still has replica regions",
        "stop the replication first (aws secretsmanager remove-regions-from-replication), or keep "
        "the replica as a secret of its own (stop-replication-to-replica in its Region)",
    ),
    _when(
        r"ExpiredToken|token.*expired",
        "the session is over; sign in again, then run `pulumi up` again",
    ),
    _when(
        # https://repost.aws/knowledge-center/iam-validate-access-credentials
        r"UnrecognizedClient|InvalidClientTokenId|AuthFailure|OptInRequired",
        "AWS knows no such credentials in this Region; sign in (aws sso login) or set AWS_PROFILE. "
        "If they work in other Regions, enable this one for the account (aws account enable-region "
        "--region-name REGION), and take session tokens of a regional STS endpoint",
    ),
    _when(
        r"SubscriptionRequired",
        "the account has not been signed up for this service: finish the account's sign-up, or ask "
        "AWS Support",
    ),
    _when(
        r"Partial credentials found",
        "only half of the credentials is set: set key and secret, or neither",
    ),
    _when(
        r"SSL validation failed",
        "something between here and AWS shows a certificate of its own: give its CA in "
        "aws:customCaBundle or AWS_CA_BUNDLE",
    ),
    _when(
        r"Failed to connect to proxy",
        "correct aws:httpsProxy, aws:httpProxy or HTTPS_PROXY",
    ),
    _when(
        r"Could not connect to the endpoint|Connect timeout on endpoint",
        "check this machine's network, its proxy, and that there is such a Region (aws:region)",
    ),
    _when(
        r"Unable to parse response|invalid XML received",
        "what answered is not AWS: look for a proxy or a sign-in page of the network",
    ),
    _when(
        r"Error loading SSO Token|SSO session .* has expired|Error when retrieving credentials",
        "the session is over; sign in again, then run `pulumi up` again",
    ),
    _when(
        r"Unable to locate credentials|NoCredentials",
        "no valid AWS credentials; sign in (aws sso login) or set AWS_PROFILE",
    ),
    _when(
        r"You must specify a region|NoRegion",
        "no region is set; run: pulumi config set aws:region REGION",
    ),
    _when(
        r"config profile .* could not be found",
        "the profile does not exist here; correct aws:profile or AWS_PROFILE",
    ),
)
"""The first that matches counts: the specific stand before the general."""
