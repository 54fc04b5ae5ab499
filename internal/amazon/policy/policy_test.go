package policy

import (
	"encoding/json"
	"testing"
)

func TestDocument(t *testing.T) {
	all := Any("ec2:RunInstances", "ec2:DescribeImages", "iam:PassRole", "ec2:DescribeImages")
	all = append(all, OfMade("ec2:TerminateInstances", "ec2:CreateTags")...)
	all = append(all, Right{Action: "ec2:CreateTags", Create: true}, Right{Action: "ssm:GetParameter", Resource: []string{"arn:aws:ssm:*:*:parameter/a"}}, Right{Action: "ssm:GetParameter", Resource: []string{"arn:aws:ssm:*:*:parameter/b"}})
	got, err := Document(all)
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("got %s", got)
	}
	if !json.Valid([]byte(got)) {
		t.Error("it is no JSON")
	}
}

const want = `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Look",
      "Effect": "Allow",
      "Action": [
        "ec2:DescribeImages"
      ],
      "Resource": "*"
    },
    {
      "Sid": "Make",
      "Effect": "Allow",
      "Action": [
        "ec2:RunInstances"
      ],
      "Resource": "*"
    },
    {
      "Sid": "TagWhileMaking",
      "Effect": "Allow",
      "Action": [
        "ec2:CreateTags"
      ],
      "Resource": "*",
      "Condition": {
        "StringLike": {
          "ec2:CreateAction": "*"
        }
      }
    },
    {
      "Sid": "ChangeWhatWasMade",
      "Effect": "Allow",
      "Action": [
        "ec2:CreateTags",
        "ec2:TerminateInstances"
      ],
      "Resource": "*",
      "Condition": {
        "StringEquals": {
          "aws:ResourceTag/ovenbird:made-by": "ovenbird"
        }
      }
    },
    {
      "Sid": "PassRole",
      "Effect": "Allow",
      "Action": [
        "iam:PassRole"
      ],
      "Resource": "*",
      "Condition": {
        "StringEquals": {
          "iam:PassedToService": "ec2.amazonaws.com"
        }
      }
    },
    {
      "Sid": "Read",
      "Effect": "Allow",
      "Action": [
        "ssm:GetParameter"
      ],
      "Resource": [
        "arn:aws:ssm:*:*:parameter/a"
      ]
    },
    {
      "Sid": "Read2",
      "Effect": "Allow",
      "Action": [
        "ssm:GetParameter"
      ],
      "Resource": [
        "arn:aws:ssm:*:*:parameter/b"
      ]
    }
  ]
}`
