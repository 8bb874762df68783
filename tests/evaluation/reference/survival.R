# Reference numbers for tests/evaluation, by R's package survival. Run in this folder: Rscript survival.R
# Writes survival.json: for each data set its rows and what R makes of them.
library(survival)
library(jsonlite)

times_of <- c(0, 5, 9, 12, 23, 30, 45, 60, 200)

curve <- function(rows) {
  fit <- survfit(Surv(time, event) ~ 1, data = rows, conf.type = "log-log")
  limits <- quantile(fit, 0.5)
  list(time = fit$time, survival = fit$surv, lower = fit$lower, upper = fit$upper, at_risk = fit$n.risk,
       events = fit$n.event, censored = fit$n.censor, median = limits$quantile[[1]],
       median_lower = limits$lower[[1]], median_upper = limits$upper[[1]],
       table_at_risk = summary(fit, times = times_of, extend = TRUE)$n.risk)
}

cox <- function(formula, rows) {
  row <- summary(coxph(formula, data = rows, ties = "efron"))
  as.list(setNames(c(row$conf.int[c(1, 3, 4)], row$coefficients[5]), c("ratio", "lower", "upper", "p_value")))
}

logrank <- function(formula, rows) {
  fit <- survdiff(formula, data = rows)
  degrees <- sum(fit$n > 0) - 1
  if (is.matrix(fit$obs)) degrees <- nrow(fit$obs) - 1
  list(statistic = fit$chisq, degrees_of_freedom = degrees, p_value = pchisq(fit$chisq, degrees, lower.tail = FALSE))
}

breslow <- function(rows) {
  fit <- coxph(Surv(time, event) ~ offset(risk), data = rows, ties = "breslow")
  hazard <- basehaz(fit, centered = FALSE)
  # basehaz() centres the offset on its mean; at risk 0 the hazard is
  scale <- exp(-mean(rows$risk))
  keep <- c(TRUE, diff(hazard$hazard) > 0) & hazard$hazard > 0
  list(time_days = hazard$time[keep], values = hazard$hazard[keep] * scale)
}

# Every group against the first, in one model
ratios <- function(formula, rows) {
  row <- summary(coxph(formula, data = rows, ties = "efron"))
  limits <- row$conf.int[, c(1, 3, 4), drop = FALSE]
  data.frame(ratio = limits[, 1], lower = limits[, 2], upper = limits[, 3], p_value = row$coefficients[, 5],
             row.names = NULL)
}

# Score test of the group's number with exact ties: the log-rank test for trend
trend <- function(formula, rows) {
  test <- summary(coxph(formula, data = rows, ties = "exact"))$sctest
  list(statistic = test[[1]], p_value = test[[3]])
}

restricted_mean <- function(rows, tau) {
  table <- summary(survfit(Surv(time, event) ~ 1, data = rows), rmean = tau)$table
  list(tau = tau, days = table[["rmean"]], error = table[["se(rmean)"]])
}

# Patients still followed and alive after a day; time counts from it
landmark <- function(rows, day) {
  rows <- rows[rows$time > day, ]
  rows$time <- rows$time - day
  list(day = day, groups = lapply(split(rows, rows$group), curve),
       logrank = logrank(Surv(time, event) ~ group + strata(stratum), rows))
}

describe <- function(rows) {
  high <- rows$group == sort(unique(rows$group))[2]
  rows$high <- as.integer(high)
  rows$score <- match(rows$group, sort(unique(rows$group))) - 1
  taus <- c(7, 12, min(tapply(rows$time, rows$group, max)))
  two <- rows[rows$group %in% sort(unique(rows$group))[1:2], ]
  list(rows = rows[, c("time", "event", "group", "stratum", "risk")], times = times_of,
       all = curve(rows), groups = lapply(split(rows, rows$group), curve),
       logrank = logrank(Surv(time, event) ~ group, rows),
       logrank_stratified = logrank(Surv(time, event) ~ group + strata(stratum), rows),
       hazard_ratio = cox(Surv(time, event) ~ high, two),
       hazard_ratio_stratified = cox(Surv(time, event) ~ high + strata(stratum), two),
       hazard_ratios = ratios(Surv(time, event) ~ factor(group), rows),
       hazard_ratios_stratified = ratios(Surv(time, event) ~ factor(group) + strata(stratum), rows),
       trend = trend(Surv(time, event) ~ score, rows),
       trend_stratified = trend(Surv(time, event) ~ score + strata(stratum), rows),
       restricted_means = lapply(split(rows, rows$group), function(part)
         lapply(taus[taus > min(part$time) & taus <= max(part$time)], function(tau) restricted_mean(part, tau))),
       landmark = landmark(rows, 4),
       concordance = unname(concordance(Surv(time, event) ~ risk, data = rows, reverse = TRUE)$concordance),
       breslow = breslow(rows))
}

# Acute myelogenous leukaemia, Miller (1981), Survival Analysis, p. 49: maintained (1) or not (2) on chemotherapy.
leukaemia <- data.frame(
  time = c(9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161, 5, 5, 8, 8, 12, 16, 23, 27, 30, 33, 43, 45),
  event = c(1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1),
  group = rep(c("maintained", "not"), c(11, 12)))
leukaemia$stratum <- rep_len(c(0, 1), 23)
leukaemia$risk <- ifelse(leukaemia$group == "not", 0.9, 0) + (seq_len(23) %% 4) / 4

# Many ties in time, in risk, and of deaths with censorings; three groups in three strata.
set.seed(20250311)
n <- 120
tied <- data.frame(
  time = ceiling(rexp(n) * 20), event = rbinom(n, 1, 0.6), group = sample(c("a", "b", "c"), n, TRUE),
  stratum = sample(0:2, n, TRUE), risk = round(rnorm(n), 1))

# Survival rests on exactly one half: R's median lies mid-way along.
resting <- data.frame(
  time = c(2, 4, 6, 8, 3, 5, 7, 9), event = c(1, 1, 1, 1, 0, 1, 0, 1), group = rep(c("a", "b"), each = 4),
  stratum = rep(0:1, 4), risk = c(0.4, 0.1, 0.1, -1, 0.3, 0.2, 0, -0.5))

write_json(lapply(list(leukaemia = leukaemia, tied = tied, resting = resting), describe),
           "survival.json", auto_unbox = TRUE, digits = 12, na = "null", dataframe = "columns")
