// Controllers of kube-controller-manager, by themselves: of Jobs, StatefulSets, quotas and budgets.
//
//	controllers KUBECONFIG
//
// The whole of it links every driver of a disk or a cloud, and takes minutes more to build.
package main

import (
	"context"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apiserver/pkg/quota/v1/generic"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/scale"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/controller-manager/pkg/informerfactory"
	"k8s.io/kubernetes/pkg/controller"
	"k8s.io/kubernetes/pkg/controller/disruption"
	"k8s.io/kubernetes/pkg/controller/job"
	"k8s.io/kubernetes/pkg/controller/resourcequota"
	"k8s.io/kubernetes/pkg/controller/statefulset"
	"k8s.io/kubernetes/pkg/quota/v1/install"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	ctx := context.Background()
	config, err := clientcmd.BuildConfigFromFlags("", os.Args[1])
	check(err)
	config.QPS, config.Burst = 20, 30
	client := kubernetes.NewForConfigOrDie(config)
	factory := informers.NewSharedInformerFactory(client, 0)
	core, apps := factory.Core().V1(), factory.Apps().V1()
	jobs, err := job.NewController(ctx, core.Pods(), factory.Batch().V1().Jobs(), client)
	check(err)
	go jobs.Run(ctx, 5)
	go statefulset.NewStatefulSetController(ctx, core.Pods(), apps.StatefulSets(),
		core.PersistentVolumeClaims(), apps.ControllerRevisions(), client).Run(ctx, 5)
	var mapper meta.RESTMapper = restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(client.Discovery()))
	resolver := scale.NewDiscoveryScaleKindResolver(client.Discovery())
	scales, err := scale.NewForConfig(config, mapper, dynamic.LegacyAPIPathResolverFunc, resolver)
	check(err)
	var found discovery.DiscoveryInterface = client.Discovery()
	go disruption.NewDisruptionController(ctx, core.Pods(), factory.Policy().V1().PodDisruptionBudgets(),
		core.ReplicationControllers(), apps.ReplicaSets(), apps.Deployments(), apps.StatefulSets(),
		client, mapper, scales, found).Run(ctx)
	more := metadatainformer.NewSharedInformerFactory(metadata.NewForConfigOrDie(config), 0)
	started := make(chan struct{})
	rules := install.NewQuotaConfigurationForControllers(generic.ListerFuncForResourceFunc(factory.ForResource))
	kinds := client.Discovery().ServerPreferredNamespacedResources
	quotas, err := resourcequota.NewController(ctx, &resourcequota.ControllerOptions{
		QuotaClient:               client.CoreV1(),
		ResourceQuotaInformer:     core.ResourceQuotas(),
		ResyncPeriod:              controller.StaticResyncPeriodFunc(5 * time.Minute),
		InformerFactory:           informerfactory.NewInformerFactory(factory, more),
		ReplenishmentResyncPeriod: controller.StaticResyncPeriodFunc(12 * time.Hour),
		DiscoveryFunc:             kinds,
		IgnoredResourcesFunc:      rules.IgnoredResources,
		InformersStarted:          started,
		Registry:                  generic.NewRegistry(rules.Evaluators()),
		UpdateFilter:              install.DefaultUpdateFilter(),
	})
	check(err)
	go quotas.Run(ctx, 5)
	go quotas.Sync(ctx, kinds, 30*time.Second)
	factory.Start(ctx.Done())
	more.Start(ctx.Done())
	close(started)
	<-ctx.Done()
}
