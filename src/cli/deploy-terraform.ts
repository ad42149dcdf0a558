import {
  type DeploySettings,
  deployNames,
  deployPolicy,
  logPolicy,
  MEMORY,
  OWN_ALARMS,
  RUNTIME,
  SCHEDULE,
  TIMEOUT,
  TRUST,
} from './deploy-names.js';

/**
 * The same as `deployTemplate` makes, as Terraform configuration for the providers `hashicorp/aws` and `hashicorp/archive`. The
 * texts in it are checked settings: none holds a quote or the beginning of a template.
 */
export function deployTerraform(settings: DeploySettings): string {
  const names = deployNames(settings);
  const { topic, email, region } = settings;
  const topicArn = topic === undefined ? 'aws_sns_topic.kms_baseline.arn' : JSON.stringify(topic);
  return [
    HEAD.replace('REGION', region),
    stateText(names.stateBucket),
    ...(topic === undefined ? [`resource "aws_sns_topic" "kms_baseline" {\n  name = "${names.function}"\n}\n`] : []),
    ...(email === undefined ? [] : [mailText(email)]),
    functionText(settings),
    scheduleText(names.function),
    ...OWN_ALARMS.map((alarm) => alarmText(names.function, topicArn, alarm)),
  ].join('\n');
}

const HEAD = `terraform {
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
  region = "REGION"
}
`;

function mailText(email: string): string {
  return `resource "aws_sns_topic_subscription" "mail" {
  topic_arn = aws_sns_topic.kms_baseline.arn
  protocol  = "email"
  endpoint  = "${email}"
}
`;
}

/** Each poll writes the state: old versions are kept for a day, snapshots longer. */
function stateText(bucket: string): string {
  return `resource "aws_s3_bucket" "state" {
  bucket = "${bucket}"
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
`;
}

function functionText(settings: DeploySettings): string {
  const names = deployNames(settings);
  const encoded = (value: object) => `jsonencode(${JSON.stringify(value, null, 2).replaceAll('\n', '\n  ')})`;
  return `resource "aws_iam_role" "kms_baseline" {
  name               = "${names.function}-${settings.region}"
  assume_role_policy = ${encoded(TRUST)}
}

resource "aws_iam_role_policy" "kms_baseline" {
  name   = "kms-baseline"
  role   = aws_iam_role.kms_baseline.id
  policy = ${encoded(deployPolicy(settings))}
}

resource "aws_iam_role_policy" "log" {
  name   = "log"
  role   = aws_iam_role.kms_baseline.id
  policy = ${encoded(logPolicy(names))}
}

resource "aws_cloudwatch_log_group" "kms_baseline" {
  name              = "${names.logGroup}"
  retention_in_days = 30
}

data "archive_file" "function" {
  type        = "zip"
  source_dir  = "\${path.module}/function"
  output_path = "\${path.module}/function.zip"
}

resource "aws_lambda_function" "kms_baseline" {
  function_name    = "${names.function}"
  role             = aws_iam_role.kms_baseline.arn
  runtime          = "${RUNTIME}"
  architectures    = ["arm64"]
  handler          = "function.handler"
  filename         = data.archive_file.function.output_path
  source_code_hash = data.archive_file.function.output_base64sha256
  memory_size      = ${MEMORY}
  timeout          = ${TIMEOUT}
  environment {
    variables = {
      PLAN = "plan.json"
    }
  }
  depends_on = [aws_cloudwatch_log_group.kms_baseline, aws_iam_role_policy.kms_baseline, aws_s3_bucket.state]
}
`;
}

function scheduleText(name: string): string {
  return `resource "aws_cloudwatch_event_rule" "poll" {
  name                = "${name}"
  schedule_expression = "${SCHEDULE}"
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
`;
}

function alarmText(name: string, topicArn: string, alarm: (typeof OWN_ALARMS)[number]): string {
  return `resource "aws_cloudwatch_metric_alarm" "${alarm.id}" {
  alarm_name          = "${name}-${alarm.id}"
  alarm_description   = "${alarm.why}"
  namespace           = "AWS/Lambda"
  metric_name         = "${alarm.metric}"
  dimensions          = { FunctionName = aws_lambda_function.kms_baseline.function_name }
  statistic           = "Sum"
  period              = ${alarm.period}
  evaluation_periods  = ${alarm.periods}
  datapoints_to_alarm = ${alarm.datapoints}
  comparison_operator = "${alarm.operator}"
  threshold           = 1
  treat_missing_data  = "${alarm.missing}"
  alarm_actions       = [${topicArn}]
  ok_actions          = [${topicArn}]
}
`;
}
