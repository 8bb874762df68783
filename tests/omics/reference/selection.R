# Reference numbers for tests/omics, by R's packages limma, survival and stats. Run in this folder: Rscript selection.R
# Writes selection.json: for each data set its rows and what R makes of them; genes in rows, as limma takes them.
library(limma)
library(survival)
library(jsonlite)

moderated <- function(genes, group) {
  fit <- eBayes(lmFit(genes, cbind(1, group)))
  list(genes = genes, group = group, statistic = fit$t[, 2], p_value = fit$p.value[, 2], prior_df = fit$df.prior,
       prior_variance = fit$s2.prior)
}

score <- function(genes, time, event) {
  fits <- apply(genes, 1, function(x) coxph(Surv(time, event) ~ x, ties = "efron"))
  list(genes = genes, time = time, event = event, chi_square = sapply(fits, function(fit) fit$score),
       coefficient = sapply(fits, function(fit) unname(coef(fit))))
}

wilcoxon <- function(genes, first) {
  tests <- apply(genes, 1, function(x) wilcox.test(x[first == 1], x[first == 0], exact = FALSE))
  list(genes = genes, first = first, W = sapply(tests, function(test) unname(test$statistic)),
       p_value = sapply(tests, function(test) test$p.value))
}

gap <- function(genes, share) {
  genes[runif(length(genes)) < share] <- NA
  genes
}

set.seed(20250311)

# Variances that differ: a finite prior.
group <- c(1, 1, 1, 1, 0, 0, 0)
spread <- rbind(c(2.1, 3.9, 2.8, 3.3, 5.1, 6.2, 4.7), c(0.5, 0.7, 0.4, 0.6, 0.45, 0.55, 0.65),
                c(10, 14, 9, 12, 11, 16, 8), c(1.0, 1.2, NA, 0.9, 2.1, NA, 2.4),
                c(7.2, 7.9, 7.1, 7.3, 6.1, 6.6, 6.0), c(-3, 3, -1, 2, 0.5, -2.5, 4))
# Variances as like as chance allows: an infinite prior.
alike <- rbind(c(1, 2, 3, 4, 2, 4, 4), c(3, 5, 4, 4, 7, 6, 8), c(0, 1, 2, 1.5, 1, 2.5, 1))
# As in a fold: 40 patients, gaps, a few genes that differ.
fold <- rep(c(1, 0), c(16, 24))
genes <- matrix(rnorm(80 * 40), 80) * sqrt(rchisq(80, 6) / 6)
genes[1:8, fold == 1] <- genes[1:8, fold == 1] + 1
genes <- gap(round(genes, 3), 0.05)

# Untied; with many ties of deaths, and of deaths with censorings; one event.
n <- 70
x <- round(matrix(rnorm(12 * n), 12), 2)
x[12, ] <- rbinom(n, 1, 0.3)
untied <- round(rexp(n, exp(0.7 * x[1, ]) / 500), 4)
event <- rbinom(n, 1, 0.6)

# Ties of every kind; gaps.
copies <- gap(matrix(sample(-2:2, 10 * 45, TRUE), 10), 0.1)
copies <- rbind(copies, c(1, 2, 2, 0, -1, rep(NA, 34), 0, 0, -1, -2, 1, -2))

write_json(
  list(moderated = list(spread = moderated(spread, group), alike = moderated(alike, group),
                        fold = moderated(genes, fold)),
       score = list(untied = score(x, untied, event), tied = score(x, ceiling(untied / 100), event),
                    one_event = score(x, untied, as.integer(seq_len(n) == which.min(untied)))),
       wilcoxon = wilcoxon(copies, rep(c(1, 0), c(20, 25)))),
  "selection.json", auto_unbox = TRUE, digits = I(17), na = "null")
