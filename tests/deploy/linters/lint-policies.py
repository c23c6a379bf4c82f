"""Prints parliament's findings in the policies of CloudFormation templates, as JSON."""

import json
import sys

from parliament import analyze_policy_string

# A reference to another resource is written as `*`. cdk-nag demands a reason for each real `*`
# (AwsSolutions-IAM5).
DUE_TO_REFERENCES = {"RESOURCE_STAR", "MISMATCHED_TYPE", "UNKNOWN_FEDERATION_SOURCE"}


def render(value):
    if isinstance(value, list):
        return [render(part) for part in value]
    if not isinstance(value, dict):
        return value
    if "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        text = separator.join(render(part) for part in parts)
        return "*" if text.startswith("*") else text
    if value == {"Ref": "AWS::Partition"}:
        return "aws"
    if any(key == "Ref" or key.startswith("Fn::") for key in value):
        return "*"
    return {key: render(part) for key, part in value.items()}


def find_policies(value):
    if isinstance(value, dict) and isinstance(value.get("Statement"), list):
        yield value
    elif isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from find_policies(part)


def find(file):
    with open(file) as template:
        resources = json.load(template)["Resources"]
    for id, resource in resources.items():
        for policy in map(render, find_policies(resource.get("Properties", {}))):
            for statement in policy["Statement"]:
                # The policy of a role names no resource: it is the role.
                if "Principal" in statement:
                    statement.setdefault("Resource", "*")
            policy.setdefault("Version", "2012-10-17")
            for finding in analyze_policy_string(json.dumps(policy)).findings:
                if finding.issue not in DUE_TO_REFERENCES:
                    yield {"file": file, "id": id, "issue": finding.issue, "detail": str(finding.detail)}


print(json.dumps([finding for file in sys.argv[1:] for finding in find(file)]))
