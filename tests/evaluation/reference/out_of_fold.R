# Reference numbers for calibration_slope, cox_regression, added_value, multiplicity and corrected_t, by R 4.2 and its
# package survival 3.5. Run in this folder: Rscript out_of_fold.R
# Writes out_of_fold.json: patients with out-of-fold risks, each fold's baseline hazard, and what R makes of them.
library(survival)

# R has no JSON of its own: named lists become objects, longer vectors arrays.
json <- function(x) {
  if (is.list(x)) return(paste0("{", paste0('"', names(x), '": ', vapply(x, json, ""), collapse = ",\n"), "}"))
  numbers <- ifelse(is.na(x), "null", format(as.numeric(x), digits = 15, trim = TRUE))
  numbers <- vapply(numbers, identity, "", USE.NAMES = FALSE)
  if (length(x) == 1) numbers else paste0("[", paste(numbers, collapse = ", "), "]")
}

# Folds of different sizes, risks of another scale and level in each, many tied times; deaths tie with censorings.
set.seed(20261128)
n <- 220
fold <- sample(0:3, n, TRUE, prob = c(4, 3, 2, 2))
age <- rnorm(n)
omics <- rnorm(n)
hazard <- exp(0.5 * age + 0.6 * omics)
death <- rexp(n) * 900 / hazard
lost <- runif(n, 100, 2500)
scale <- c(1.6, 0.7, 1, 2.5)[fold + 1]
rows <- data.frame(
  fold = fold, time = ceiling(pmin(death, lost) / 30) * 30, event = as.integer(death <= lost),
  clinical = round(0.5 * age + rnorm(n, sd = 0.3), 3),
  risk = round(c(-1, 0, 0.5, 3)[fold + 1] + scale * (0.6 * omics + rnorm(n, sd = 0.4)), 3))

# As in a run: Breslow's hazard at risk 0, of the patients of the other folds.
baseline_of <- function(k) {
  others <- rows[rows$fold != k, ]
  others$scaled <- (others$risk - c(-1, 0, 0.5, 3)[others$fold + 1]) / scale[match(others$fold, fold)]
  hazard <- basehaz(coxph(Surv(time, event) ~ offset(scaled), others, ties = "breslow"), centered = FALSE)
  keep <- c(hazard$hazard[1] > 0, diff(hazard$hazard) > 0)
  level <- exp(-mean(others$scaled)) * exp(-c(-1, 0, 0.5, 3)[k + 1])
  data.frame(fold = k, time_days = hazard$time[keep], cumulative_hazard = hazard$hazard[keep] * level)
}
baseline <- do.call(rbind, lapply(0:3, baseline_of))

wald <- function(fit) list(coefficient = unname(coef(fit)), lower = unname(confint(fit)[, 1]),
                           upper = unname(confint(fit)[, 2]), log_likelihood = fit$loglik[2], null = fit$loglik[1])

# Calibration
rows$expected <- vapply(seq_len(n), function(i) {
  own <- baseline[baseline$fold == rows$fold[i] & baseline$time_days <= rows$time[i], ]
  if (nrow(own)) max(own$cumulative_hazard) * exp(rows$risk[i]) else 0
}, 0)
large <- function(part) {
  test <- poisson.test(sum(part$event), sum(part$expected))
  fit <- glm(event ~ offset(log(expected)), poisson, part, subset = expected > 0)
  list(observed = sum(part$event), expected = sum(part$expected), ratio = unname(exp(coef(fit))),
       ratio_lower = test$conf.int[1], ratio_upper = test$conf.int[2])
}
by_fold <- lapply(0:3, function(k) large(rows[rows$fold == k, ]))
names(by_fold) <- 0:3

# Added value: standardised within the fold
within <- function(x) ave(x, rows$fold, FUN = function(v) (v - mean(v)) / sd(v))
rows$z_clinical <- within(rows$clinical)
rows$z_model <- within(rows$risk)
alone <- coxph(Surv(time, event) ~ z_clinical + strata(fold), rows, ties = "efron")
both <- coxph(Surv(time, event) ~ z_clinical + z_model + strata(fold), rows, ties = "efron")
test <- anova(alone, both)
c_by_fold <- function(column) vapply(0:3, function(k) {
  part <- rows[rows$fold == k, ]
  part$x <- part[[column]]
  unname(concordance(Surv(time, event) ~ x, part, reverse = TRUE)$concordance)
}, 0)
rows$together <- 0
for (k in 0:3) {
  fit <- coxph(Surv(time, event) ~ z_clinical + z_model + strata(fold), rows[rows$fold != k, ], ties = "efron")
  own <- rows$fold == k
  rows$together[own] <- as.matrix(rows[own, c("z_clinical", "z_model")]) %*% coef(fit)
}

# Multiplicity
p <- c(0.01, 0.04, NA, 0.03, 0.005, 0.03, 0.9, NA, 1, 0)

# Corrected t: three repeats of five folds, one of them without a score
scores <- c(0.031, -0.012, 0.044, 0.02, 0.007, 0.052, NA, 0.018, -0.021, 0.033, 0.012, 0.041, 0.006, 0.015, -0.004)
corrected <- function(x, ratio, level) {
  x <- x[!is.na(x)]
  error <- sqrt((1 / length(x) + ratio) * var(x))
  list(mean = mean(x), sd = sd(x), t = mean(x) / error, p_value = 2 * pt(-abs(mean(x) / error), length(x) - 1),
       lower = mean(x) - qt((1 + level) / 2, length(x) - 1) * error,
       upper = mean(x) + qt((1 + level) / 2, length(x) - 1) * error)
}

# Cox regression without strata of two covariates that nearly say the same
rows$near <- rows$clinical + rows$risk / 1000
# One patient far from all others
rows$outlier <- replace(rows$clinical, 7, 400)
# A tail so long that a full Newton step lowers the likelihood
rows$heavy <- round(exp(3 * rows$risk), 3)
answers <- list(
  rows = as.list(rows[, c("fold", "time", "event", "clinical", "risk", "near", "outlier", "heavy")]), baseline = as.list(baseline),
  slope = wald(coxph(Surv(time, event) ~ risk + strata(fold), rows, ties = "efron")),
  in_the_large = large(rows), by_fold = by_fold,
  both = wald(both), plain = wald(coxph(Surv(time, event) ~ clinical + near, rows, ties = "efron")),
  heavy = wald(coxph(Surv(time, event) ~ heavy, rows, ties = "efron")),
  outlier = wald(coxph(Surv(time, event) ~ outlier + strata(fold), rows, ties = "efron")),
  added = list(statistic = test$Chisq[2], p_value = test[["Pr(>|Chi|)"]][2], clinical = mean(c_by_fold("z_clinical")),
               together = mean(c_by_fold("together"))),
  p_values = p, holm = p.adjust(p, "holm"),
  scores = scores, corrected = corrected(scores, 40 / 160, 0.95), corrected_90 = corrected(scores, 0.5, 0.90))
writeLines(json(answers), "out_of_fold.json")
