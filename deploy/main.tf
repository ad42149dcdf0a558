terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
    archive = {
      source = "hashicorp/archive"
    }
  }
}

provider "aws" {
  region = "eu-central-1"
}

resource "aws_s3_bucket" "state" {
  bucket = "kms-baseline-keys-111122223333-eu-central-1"
}

resource "aws_s3_bucket_versioning" "state" {
  bucket = aws_s3_bucket.state.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "state" {
  bucket = aws_s3_bucket.state.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "state" {
  bucket                  = aws_s3_bucket.state.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_lifecycle_configuration" "state" {
  bucket = aws_s3_bucket.state.id
  rule {
    id     = "old-versions"
    status = "Enabled"
    filter {}
    noncurrent_version_expiration {
      noncurrent_days = 1
    }
    expiration {
      expired_object_delete_marker = true
    }
  }
}

resource "aws_sns_topic" "kms_baseline" {
  name = "kms-baseline-keys"
}

resource "aws_sns_topic_subscription" "mail" {
  topic_arn = aws_sns_topic.kms_baseline.arn
  protocol  = "email"
  endpoint  = "security@example.com"
}

resource "aws_iam_role" "kms_baseline" {
  name               = "kms-baseline-keys-eu-central-1"
  assume_role_policy = jsonencode({
    "Version": "2012-10-17",
    "Statement": [
      {
        "Effect": "Allow",
        "Principal": {
          "Service": "lambda.amazonaws.com"
        },
        "Action": "sts:AssumeRole"
      }
    ]
  })
}

resource "aws_iam_role_policy" "kms_baseline" {
  name   = "kms-baseline"
  role   = aws_iam_role.kms_baseline.id
  policy = jsonencode({
    "Version": "2012-10-17",
    "Statement": [
      {
        "Sid": "ListLogs",
        "Effect": "Allow",
        "Action": [
          "s3:ListBucket"
        ],
        "Resource": "arn:aws:s3:::my-trail-bucket"
      },
      {
        "Sid": "ReadLogs",
        "Effect": "Allow",
        "Action": [
          "s3:GetObject"
        ],
        "Resource": "arn:aws:s3:::my-trail-bucket/*"
      },
      {
        "Sid": "FindState",
        "Effect": "Allow",
        "Action": [
          "s3:ListBucket"
        ],
        "Resource": "arn:aws:s3:::kms-baseline-keys-111122223333-eu-central-1"
      },
      {
        "Sid": "KeepState",
        "Effect": "Allow",
        "Action": [
          "s3:GetObject",
          "s3:PutObject"
        ],
        "Resource": [
          "arn:aws:s3:::kms-baseline-keys-111122223333-eu-central-1/keys.state",
          "arn:aws:s3:::kms-baseline-keys-111122223333-eu-central-1/keys.state.claim"
        ]
      },
      {
        "Sid": "KeepSnapshots",
        "Effect": "Allow",
        "Action": [
          "s3:DeleteObject",
          "s3:GetObject",
          "s3:PutObject"
        ],
        "Resource": "arn:aws:s3:::kms-baseline-keys-111122223333-eu-central-1/keys.state.snapshots/*"
      },
      {
        "Sid": "SendNotices",
        "Effect": "Allow",
        "Action": [
          "sns:Publish"
        ],
        "Resource": "arn:aws:sns:eu-central-1:111122223333:kms-baseline-keys"
      }
    ]
  })
}

resource "aws_iam_role_policy" "log" {
  name   = "log"
  role   = aws_iam_role.kms_baseline.id
  policy = jsonencode({
    "Version": "2012-10-17",
    "Statement": [
      {
        "Sid": "WriteLog",
        "Effect": "Allow",
        "Action": [
          "logs:CreateLogStream",
          "logs:PutLogEvents"
        ],
        "Resource": "arn:aws:logs:eu-central-1:111122223333:log-group:/aws/lambda/kms-baseline-keys:*"
      }
    ]
  })
}

resource "aws_cloudwatch_log_group" "kms_baseline" {
  name              = "/aws/lambda/kms-baseline-keys"
  retention_in_days = 30
}

data "archive_file" "function" {
  type        = "zip"
  source_dir  = "${path.module}/function"
  output_path = "${path.module}/function.zip"
}

resource "aws_lambda_function" "kms_baseline" {
  function_name    = "kms-baseline-keys"
  role             = aws_iam_role.kms_baseline.arn
  runtime          = "nodejs22.x"
  architectures    = ["arm64"]
  handler          = "function.handler"
  filename         = data.archive_file.function.output_path
  source_code_hash = data.archive_file.function.output_base64sha256
  memory_size      = 1024
  timeout          = 240
  environment {
    variables = {
      PLAN = "plan.json"
    }
  }
  depends_on = [aws_cloudwatch_log_group.kms_baseline, aws_iam_role_policy.kms_baseline, aws_s3_bucket.state]
}

resource "aws_cloudwatch_event_rule" "poll" {
  name                = "kms-baseline-keys"
  schedule_expression = "rate(5 minutes)"
}

resource "aws_cloudwatch_event_target" "poll" {
  rule = aws_cloudwatch_event_rule.poll.name
  arn  = aws_lambda_function.kms_baseline.arn
}

resource "aws_lambda_permission" "poll" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.kms_baseline.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.poll.arn
}

resource "aws_cloudwatch_metric_alarm" "Errors" {
  alarm_name          = "kms-baseline-keys-Errors"
  alarm_description   = "The function failed in 2 of its last 3 polls: a source, the state or the topic; its log says which"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.kms_baseline.function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.kms_baseline.arn]
  ok_actions          = [aws_sns_topic.kms_baseline.arn]
}

resource "aws_cloudwatch_metric_alarm" "NotRunning" {
  alarm_name          = "kms-baseline-keys-NotRunning"
  alarm_description   = "The function has not run for 15 minutes: nobody watches the keys"
  namespace           = "AWS/Lambda"
  metric_name         = "Invocations"
  dimensions          = { FunctionName = aws_lambda_function.kms_baseline.function_name }
  statistic           = "Sum"
  period              = 900
  evaluation_periods  = 1
  datapoints_to_alarm = 1
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.kms_baseline.arn]
  ok_actions          = [aws_sns_topic.kms_baseline.arn]
}
