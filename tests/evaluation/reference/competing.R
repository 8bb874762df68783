# Reference numbers for tests/evaluation/test_cumulative_incidence.py, by R's package survival. Run in this folder:
# Rscript competing.R. Writes competing.json: for each data set its rows, and by cause what R makes of each group.
library(survival)

json <- function(x) {
  if (is.list(x)) {
    named <- vapply(names(x), function(name) paste0('"', name, '":', json(x[[name]])), "")
    return(paste0("{", paste(named, collapse = ","), "}"))
  }
  if (is.character(x)) return(paste0("[", paste0('"', x, '"', collapse = ","), "]"))
  paste0("[", paste(ifelse(is.na(x), "null", format(x, digits = 15, trim = TRUE)), collapse = ","), "]")
}

curve <- function(rows) {
  states <- factor(rows$cause, 0:2, c("censored", "event", "competing"))
  fit <- survfit(Surv(time, states) ~ 1, data = rows, conf.type = "log-log")
  of <- function(state) {
    place <- match(state, fit$states)
    list(share = fit$pstate[, place], lower = fit$lower[, place], upper = fit$upper[, place],
         counts = fit$n.event[, place])
  }
  list(time = fit$time, at_risk = fit$n.risk[, 1], censored = fit$n.censor, event = of("event"),
       competing = of("competing"))
}

describe <- function(rows) list(rows = as.list(rows), groups = lapply(split(rows, rows$group), curve))

# Monoclonal gammopathy (Kyle 1993): progression to plasma cell malignancy, or death without it; months.
mgus <- with(mgus2, data.frame(time = ifelse(pstat == 1, ptime, futime), cause = ifelse(pstat == 1, 1, 2 * death),
                               group = ifelse(sex == "F", "women", "men")))

# Many ties in time, and of every cause with every other; the last of a group may leave nobody.
set.seed(20260311)
n <- 120
tied <- data.frame(time = ceiling(rexp(n) * 20), cause = sample(0:2, n, TRUE, c(0.4, 0.4, 0.2)),
                   group = sample(c("a", "b", "c"), n, TRUE))

# By hand: of four, an event on day 2, a death and a censoring on day 4, and one still followed on day 6.
few <- data.frame(time = c(2, 4, 4, 6), cause = c(1, 2, 0, 0), group = "all")

writeLines(json(lapply(list(mgus = mgus, tied = tied, few = few), describe)), "competing.json")
